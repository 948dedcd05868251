import type { Http2Stream } from 'node:http2'
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
