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

/**
 * Undoes what a `writeHead()` of Node leaves behind when it refuses a header: after a 204 or 304 the next answer would
 * have no body, and each would have the reason phrase of the first. `_hasBody` is Node's own, the same in every
 * supported version (`lib/_http_outgoing.js`); where it is missing nothing is left behind by it.
 */
export function resetHead(response: http.ServerResponse): void {
  if (response.headersSent || !('_hasBody' in response)) return
  if (response.statusMessage) response.statusMessage = ''
  response._hasBody = response.req.method !== 'HEAD'
}

/**
 * Removes a header as if nobody had ever set it. Once `Transfer-Encoding` was removed Node writes none of its own, and a
 * body of unknown length would end where the connection does. `_removedTE` is Node's own (`lib/_http_outgoing.js`).
 */
export function forgetHeader(response: http.ServerResponse, name: string): void {
  response.removeHeader(name)
  if (name === 'transfer-encoding' && '_removedTE' in response) response._removedTE = false
}
