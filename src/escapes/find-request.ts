import { executionAsyncId } from 'node:async_hooks'
import { type CurrentResource, currentResource } from '../node-parts.ts'
import { currentContext, keepsContextInFrames, type OPTED_OUT } from '../request/async-context.ts'
import type { RequestContext } from '../request/context.ts'
import { contextOf } from '../request/context-slot.ts'
import type { JobContext } from '../request/job-context.ts'

/** What an escaped error belongs to: a request, a job, a route that opted out, or nothing known. */
export type FoundRequest = RequestContext | JobContext | typeof OPTED_OUT | undefined

/**
 * Finds the request of the error that Node reports right now: in the asynchronous context, else through Node's
 * current async resource. Node calls listeners on a request's body and on sockets outside of the context, but from
 * a resource that leads to the request.
 */
export function findRequest(): FoundRequest {
  const current = currentContext()
  return current === undefined ? requestOf(currentResource()) : current
}

/** Finds the request through what Node's current async resource leads to. */
function requestOf({ args, owner }: CurrentResource): RequestContext | undefined {
  for (const arg of args) {
    const context = typeof arg === 'object' ? contextOf(arg) : undefined
    if (context !== undefined) return context
  }
  return contextOfSocket(owner)
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
