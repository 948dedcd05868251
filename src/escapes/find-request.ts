import { executionAsyncId } from 'node:async_hooks'
import { Socket } from 'node:net'
import { type CurrentResource, currentResource } from '../node-parts.ts'
import { currentContext, keepsContextInFrames, type OPTED_OUT } from '../request/async-context.ts'
import { RequestContext } from '../request/context.ts'
import { contextOf } from '../request/context-slot.ts'
import type { JobContext } from '../request/job-context.ts'

/** What an escaped error belongs to: a request, a job, a route that opted out, or nothing known. */
export type FoundRequest = RequestContext | JobContext | typeof OPTED_OUT | undefined

/**
 * Finds the request of the error that Node reports right now: in the asynchronous context, else through Node's
 * current async resource. Node calls listeners on a request's body and on sockets outside of the context, but from
 * a resource that leads to the request.
 *
 * @param requests Those in flight of one app, among which the one is found whose response is just finishing.
 */
export function findRequest(requests: Iterable<RequestContext> = []): FoundRequest {
  const current = currentContext()
  if (current === undefined) return requestOf(currentResource(), requests)
  // with pipelined requests, the response before is what lets the next one finish
  const isFromBefore = current instanceof RequestContext && current.done
  return isFromBefore ? (finishing(requests, current) ?? current) : current
}

/** Finds the request through what Node's current async resource leads to. */
function requestOf(
  { args, owner }: CurrentResource,
  requests: Iterable<RequestContext>,
): RequestContext | undefined {
  for (const arg of args) {
    const context = typeof arg === 'object' ? contextOf(arg) : undefined
    if (context !== undefined) return context
  }
  const context = contextOfSocket(owner)
  return context === undefined ? undefined : (finishing(requests, context, owner) ?? context)
}

/**
 * The request for whose response Node calls the listeners of `finish` right now. Undefined where that cannot be known.
 * On HTTP/1 a response has lost its connection then, and closes a tick later, before anything else is called.
 *
 * @param found A request of the same app.
 * @param socket The connection of the request; without one, any.
 */
function finishing(
  requests: Iterable<RequestContext>,
  found: RequestContext,
  socket?: unknown,
): RequestContext | undefined {
  let only: RequestContext | undefined
  for (const context of requests) {
    const raw = context.reply?.raw
    if (!raw?.writableFinished || raw.socket !== null || context.route.app !== found.route.app) continue
    const { req } = raw
    // a request of `inject()` has a stand-in for a socket
    if (!(req.socket instanceof Socket) || (socket !== undefined && req.socket !== socket)) continue
    if (only !== undefined) return undefined
    only = context
  }
  return only
}

/** Returns the request whose response is being written to a socket, else the last one that came on it. */
function contextOfSocket(socket: unknown): RequestContext | undefined {
  if (typeof socket !== 'object' || socket === null) return undefined
  return contextOf((socket as { _httpMessage?: object })._httpMessage) ?? contextOf(socket)
}

/**
 * Whether the error may come from a microtask of a request: on Node 20 and 22 a throw in a microtask has no context
 * (its async id is 0). On later versions an error without a context belongs to no request.
 */
export function isLostMicrotask(): boolean {
  return executionAsyncId() === 0 && !keepsContextInFrames()
}
