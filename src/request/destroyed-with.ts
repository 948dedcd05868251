import type { ServerResponse } from 'node:http'
import type { Http2Stream } from 'node:http2'
import { readCode } from '../error-properties.ts'
import { messageOf } from '../fault/thrown.ts'

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
 * Whether Node itself gave a response its error: to the pipelined ones of a connection that has closed, which since Node
 * 24 (`abortOutgoing` in `lib/_http_server.js`) have it while they still wait for their turn; to an HTTP/2 stream that
 * either side has reset; and to one whose client left, where something is written between its end and its close
 * (`closeStream` in `lib/internal/http2/core.js`), or that answers HEAD, and so has ended before its body is written.
 */
function isOfNode(response: ServerResponse, error: Error): boolean {
  const code = readCode(error)
  if (code === 'ERR_HTTP2_STREAM_ERROR') return true
  const { aborted, method } = response.req
  if ('stream' in response) return code === 'ERR_STREAM_WRITE_AFTER_END' && (aborted || method === 'HEAD')
  return code === 'ECONNRESET' && response.socket == null && (aborted || messageOf(error) === 'aborted')
}
