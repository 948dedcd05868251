import type http from 'node:http'
import { load } from '../load.ts'

/**
 * The parts of `node:http` that the plugin needs. They are not imported, because an import reads every export of
 * the module, and one getter (`http.WebSocket`, Node 22 and later) then loads the whole of undici. That takes
 * longer than loading this plugin.
 */
const loaded = load('node:http') as typeof http

/** As `http.validateHeaderName`. */
export const validateHeaderName: typeof http.validateHeaderName = loaded.validateHeaderName
/** As `http.validateHeaderValue`. */
export const validateHeaderValue: typeof http.validateHeaderValue = loaded.validateHeaderValue
