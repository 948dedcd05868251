import type { Http2Stream } from 'node:http2'
import { Socket } from 'node:net'
import type { RequestContext } from '../request/context.ts'

/**
 * Closes an HTTP/2 response whose stream was destroyed. Node does so in a listener on the stream, which is skipped
 * when a listener of the app before it throws (`close` of the request, `finish` of the response). The request would
 * stay in flight, and a leaving process would wait for it.
 *
 * @param context The request that the exception escaped from.
 */
export function closeWithStream(context: RequestContext): void {
  const response = context.reply?.raw
  const { stream } = (response ?? {}) as { stream?: Http2Stream }
  if (response === undefined || stream === undefined) return
  setImmediate(() => {
    if (!context.done && stream.destroyed) response.emit('close')
  })
}

/**
 * Destroys a connection to which a write has failed, as its client was gone. Node does so once it has told the response
 * that it has finished, and so not at all where a listener of the app throws then. The connection and its requests would
 * stay for ever.
 *
 * @param context The request that the exception escaped from.
 */
export function destroyFailedConnection(context: RequestContext): void {
  const socket = context.request?.raw.socket
  if (!(socket instanceof Socket)) return
  setImmediate(() => {
    if (socket.errored && !socket.destroyed) socket.destroy()
  })
}
