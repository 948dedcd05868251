import type http from 'node:http'
import { load } from '../load.ts'

/**
 * What the plugin needs of `node:http`. It is not imported: for an import Node reads all that the module exports, and
 * one of its getters (`http.WebSocket`, Node 22 and later) loads the whole of undici, which takes longer than all of
 * this plugin.
 */
const loaded = load('node:http') as typeof http

/** As `http.STATUS_CODES`. */
export const STATUS_CODES: typeof http.STATUS_CODES = loaded.STATUS_CODES
/** As `http.validateHeaderName`. */
export const validateHeaderName: typeof http.validateHeaderName = loaded.validateHeaderName
/** As `http.validateHeaderValue`. */
export const validateHeaderValue: typeof http.validateHeaderValue = loaded.validateHeaderValue
