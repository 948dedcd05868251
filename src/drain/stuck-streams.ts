import type { Http2Stream } from 'node:http2'
import type { RequestContext } from '../request/context.ts'

/**
 * Ends the HTTP/2 streams that are closed and do not end. When a client goes away while its answer is written, Node
 * now and then waits for ever for that write (one in about a thousand, seen with `node:http2` alone): nobody waits
 * for the answer any more, but its request stays in flight and its session open.
 *
 * @param contexts The requests in flight.
 */
export function endStuckStreams(contexts: Iterable<RequestContext>): void {
  for (const { reply } of contexts) {
    const { stream } = (reply?.raw ?? {}) as { stream?: Http2Stream }
    if (stream?.closed === true && !stream.destroyed) stream.destroy()
  }
}
