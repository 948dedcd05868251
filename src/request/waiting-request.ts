import { type WaitingRequest, waitsTooLong } from '../sick/sick-watch.ts'
import type { RequestContext } from './context.ts'

/** The requests whose answer has not begun, as a watch sees them. */
export function* waitingRequests(requests: Iterable<RequestContext>): Iterable<WaitingRequest> {
  for (const context of requests) {
    const waiting = waitingRequest(context)
    if (waiting !== undefined) yield waiting
  }
}

/** Whether a request has no answer yet and waits longer than it ever had to, on a route that was fine before. */
export function isStuck(context: RequestContext): boolean {
  const waiting = waitingRequest(context)
  return waiting !== undefined && waitsTooLong(waiting)
}

function waitingRequest({ reply, route, startedAt }: RequestContext): WaitingRequest | undefined {
  if (reply === undefined || reply.sent || reply.raw.headersSent) return undefined
  const now = Date.now()
  return { route: route.health, age: now - startedAt, longestAnswer: route.longestAnswer.at(now) }
}
