import { AsyncResource, executionAsyncId, executionAsyncResource } from 'node:async_hooks'
import type { IncomingMessage } from 'node:http'
import { attach, contextOf, OPTED_OUT, type RequestContext, requestStorage } from './context.ts'

/** Whom an escaped error belongs to: a request, a route that asked to be left alone, or nobody known. */
export type Owner = RequestContext | typeof OPTED_OUT | undefined

/**
 * Finds the request of the error that Node is reporting right now: by the asynchronous context, else by what
 * Node's current async resource holds. Listeners on a request's body and on sockets are called by Node outside
 * of any context, but from a resource that leads to the request.
 */
export function findOwner(): Owner {
  const stored = requestStorage.getStore()
  return stored === undefined ? ownerOf(executionAsyncResource()) : stored
}

/**
 * Leaves the context where the request can be found by what Node calls outside of the context: the body, the
 * connection (HTTP/1), the stream (HTTP/2).
 */
export function leaveTrail(context: RequestContext, raw: IncomingMessage & { stream?: object }): void {
  attach(context, raw)
  const carrier = raw.httpVersionMajor === 2 ? raw.stream : raw.socket
  if (carrier) attach(context, carrier)
}

/**
 * - A tick holds its arguments: the `IncomingMessage` that emits `end` or `close`.
 * - The handle of a TCP or TLS socket and of an HTTP/2 stream knows it, under a symbol called `owner_symbol`.
 * - The resource of an HTTP parser has a property `socket`.
 */
function ownerOf(resource: object): RequestContext | undefined {
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

/** The request that a socket is busy with, else the last one that it carried. */
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

/**
 * Makes the rest of this turn run outside of every request. Where Node keeps the context in a frame (24 and
 * later) the frame of the callback that threw stays current after `uncaughtException`, and the next callback
 * that Node calls without a frame of its own would be given to the wrong request. Where the context clings to
 * the resource (20 and 22) nothing is left behind, and entering would rob a `setInterval` of its request.
 */
export function leaveContext(): void {
  if (requestStorage.getStore() !== undefined && keepsContextInFrames()) requestStorage.enterWith(undefined)
}

let usesFrames: boolean | undefined

/**
 * Whether Node keeps the store of `AsyncLocalStorage` in a frame (24 and later) and not on the async resource (20
 * and 22), by its version or by its flags.
 */
export function keepsContextInFrames(): boolean {
  if (usesFrames === undefined) {
    const resource = new AsyncResource('fastify-isolate.probe')
    resource.runInAsyncScope(() => requestStorage.enterWith(OPTED_OUT))
    usesFrames = resource.runInAsyncScope(() => requestStorage.getStore()) !== OPTED_OUT
  }
  return usesFrames
}
