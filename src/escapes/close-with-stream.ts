import type { Http2Stream } from 'node:http2'
import type { RequestContext } from '../request/context.ts'

/**
 * Node closes an HTTP/2 response in listeners on its stream. One that throws there, of the request's `close` or the
 * response's `finish`, takes those behind it along, and the request would be in flight for ever: the process
 * would wait for it when it leaves. So the response is closed here, if its stream is.
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
