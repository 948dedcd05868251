import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const waiting = new WeakMap<Socket, Set<ServerResponse>>()

/**
 * Closes a pipelined response that still waits for those before it when its connection closes. Node tells only the
 * response that is being written, so the others would stay in flight.
 *
 * @param socket - The connection of the request.
 * @param response - A response that has no socket yet.
 * @param onClose - Called on the response when the connection closes before the response did.
 */
export function closeWithConnection(
  socket: Socket,
  response: ServerResponse,
  onClose: (this: ServerResponse) => void,
): void {
  let responses = waiting.get(socket)
  if (responses === undefined) {
    const all = new Set<ServerResponse>()
    waiting.set(socket, all)
    // before Node's own listeners: one of them tells the response that is being written, whose listeners may throw
    socket.prependOnceListener('close', () => {
      for (const each of all) onClose.call(each)
    })
    responses = all
  }
  const ours = responses
  ours.add(response)
  response.once('close', () => ours.delete(response))
}
