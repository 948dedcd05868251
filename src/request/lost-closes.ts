import type { ServerResponse } from 'node:http'
import type { Http2Stream } from 'node:http2'
import type { Socket } from 'node:net'

/**
 * Tells of the close of a response to HEAD over HTTP/2. Node ends the stream with the head, and does not tell the
 * response that it has closed, where its body was still to come (`onStreamCloseResponse` in
 * `lib/internal/http2/compat.js`).
 */
export function closeWithHead(response: ServerResponse, onClose: (this: ServerResponse) => void): void {
  const { stream } = response as unknown as { stream: Http2Stream }
  stream.once('close', () => onClose.call(response))
}

/**
 * Cuts the connection of a pipelined response that was destroyed before it had its turn. Since Node 24 it would get the
 * connection all the same and keep it for ever, and the requests behind it would wait.
 *
 * @param response One that has closed and is not whole. It may have got its turn since it was destroyed.
 */
export function cutAtItsTurn(response: ServerResponse): void {
  const { socket } = response
  if (socket === null) response.once('socket', (assigned: Socket) => assigned.destroy())
  else if (response.destroyed && !('stream' in response)) socket.destroy()
}
