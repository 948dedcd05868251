import type { Http2Session, Http2Stream } from 'node:http2'
import type { RequestContext } from './context.ts'

/** Milliseconds that streams have to end by themselves once their connection has. */
const PATIENCE = 1_000

/**
 * Ends the HTTP/2 streams that outlive their connection. When that drops while a response is written, Node now and
 * then waits for ever for that write (one in about a thousand, seen on Node 24 with `node:http2` alone). Its request
 * would be in flight for ever, and a process that leaves would wait for it until its deadline.
 *
 * @param session A session that has begun.
 * @param contexts The requests in flight.
 */
export function endForgottenStreams(session: Http2Session, contexts: Iterable<RequestContext>): void {
  const end = (): void => {
    for (const { reply } of contexts) {
      const { stream } = (reply?.raw ?? {}) as { stream?: Http2Stream }
      if (stream?.session === session && !stream.destroyed) stream.destroy()
    }
  }
  session.socket.once('close', () => setTimeout(end, PATIENCE).unref())
}
