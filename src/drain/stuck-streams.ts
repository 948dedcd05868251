import type { Http2Stream } from 'node:http2'
import type { RequestContext } from '../request/context.ts'

/**
 * Destroys the HTTP/2 streams that are closed but not destroyed. When a client disconnects while its answer is
 * being written, Node sometimes waits for that write for ever (about one in a thousand, also with `node:http2`
 * alone). The request would stay in flight and the session open.
 *
 * @param contexts The requests in flight.
 */
export function endStuckStreams(contexts: Iterable<RequestContext>): void {
  for (const { reply } of contexts) {
    const { stream } = (reply?.raw ?? {}) as { stream?: Http2Stream }
    if (stream?.closed === true && !stream.destroyed) stream.destroy()
  }
}
