import type { Http2Session } from 'node:http2'
import { type AwaitedRequests, MAX_WAIT } from './awaited-requests.ts'

/**
 * Lets an HTTP/2 session that came up after the stop bring the requests that its client sent with it, then closes it:
 * open streams finish, and later ones are refused.
 */
export function closeAfterFirstStreams(session: Http2Session, awaited: AwaitedRequests): void {
  awaited.add(session)
  const close = (): void => {
    awaited.delete(session)
    session.close()
  }
  const timer = setTimeout(close, MAX_WAIT)
  // The first packet may bring several.
  session.once('stream', () => setImmediate(close))
  session.once('close', () => clearTimeout(timer))
}
