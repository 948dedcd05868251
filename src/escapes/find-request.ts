import { executionAsyncId, executionAsyncResource } from 'node:async_hooks'
import { keepsContextInFrames, type OPTED_OUT, requestStorage } from '../request/async-context.ts'
import { contextOf, type RequestContext } from '../request/context.ts'

/** What an escaped error belongs to: a request, a route that asked to be left alone, or nothing known. */
export type FoundRequest = RequestContext | typeof OPTED_OUT | undefined

/**
 * Finds the request of the error that Node is reporting right now: by the asynchronous context, else by what
 * Node's current async resource holds. Listeners on a request's body and on sockets are called by Node outside
 * of any context, but from a resource that leads to the request.
 */
export function findRequest(): FoundRequest {
  const stored = requestStorage.getStore()
  return stored === undefined ? requestOf(executionAsyncResource()) : stored
}

/**
 * - A tick holds its arguments: the `IncomingMessage` that emits `end` or `close`.
 * - The handle of a TCP or TLS socket and of an HTTP/2 stream knows it, under a symbol called `owner_symbol`.
 * - The resource of an HTTP parser has a property `socket`.
 */
function requestOf(resource: object): RequestContext | undefined {
  const { args, socket } = resource as { args?: unknown; socket?: unknown }
  if (Array.isArray(args)) {
    for (const arg of args) {
      const context = typeof arg === 'object' ? contextOf(arg) : undefined
      if (context !== undefined) return context
    }
  }
  for (const symbol of Object.getOwnPropertySymbols(resource)) {
    if (symbol.description === 'owner_symbol') {
      return contextOfSocket((resource as Record<symbol, unknown>)[symbol])
    }
  }
  return contextOfSocket(socket)
}

/** The request that a socket is busy with, else the last one that it asError. */
function contextOfSocket(socket: unknown): RequestContext | undefined {
  if (typeof socket !== 'object' || socket === null) return undefined
  return contextOf((socket as { _httpMessage?: object })._httpMessage) ?? contextOf(socket)
}

/**
 * Whether this error may be given to the only request in flight: on Node 20 and 22 a throw in a microtask has
 * no context at all (its id is 0), whoever queued it. Elsewhere an error without a context has no request.
 */
export function isLostMicrotask(): boolean {
  return executionAsyncId() === 0 && !keepsContextInFrames()
}
