import type { ServerResponse } from 'node:http'
import type { Http2Stream } from 'node:http2'
import { readCode } from '../error-properties.ts'

/**
 * The error that the server's own code destroyed a response with, undefined where there is none. HTTP/1 keeps it at
 * the response, HTTP/2 at the stream.
 */
export function destroyedWith(response: ServerResponse): Error | undefined {
  const { errored, stream } = response as { errored?: Error | null; stream?: Http2Stream }
  const error = errored ?? stream?.errored
  return error == null || isOfNode(response, error) ? undefined : error
}

/**
 * Whether Node itself gave a response its error: to the pipelined ones of a client that left, which since Node 24
 * (`abortOutgoing` in `lib/_http_server.js`) have it while they still wait for their connection; to an HTTP/2 stream that
 * either side has reset; and to one whose client left, where something is written between its end and its close
 * (`closeStream` in `lib/internal/http2/core.js`).
 */
function isOfNode(response: ServerResponse, error: Error): boolean {
  const code = readCode(error)
  if (code === 'ERR_HTTP2_STREAM_ERROR') return true
  if (!response.req.aborted) return false
  if ('stream' in response) return code === 'ERR_STREAM_WRITE_AFTER_END'
  return code === 'ECONNRESET' && response.socket == null
}
