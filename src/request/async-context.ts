import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import type { IncomingMessage } from 'node:http'
import { listenerStorage } from '../listener-context.ts'
import { type RequestContext, StoredContext } from './context.ts'
import { attach } from './context-slot.ts'
import type { JobContext } from './job-context.ts'

/** Marks a request of a route that opted out: what escapes from it is left to Node. */
export const OPTED_OUT: unique symbol = Symbol('fastify-isolate.opted-out')

/** The asynchronous context: which request or job the running code belongs to. */
export const requestStorage: AsyncLocalStorage<StoredContext | JobContext | typeof OPTED_OUT | undefined> =
  new AsyncLocalStorage()

/** The request or job that the running code belongs to. */
export function currentContext(): RequestContext | JobContext | typeof OPTED_OUT | undefined {
  const stored = requestStorage.getStore()
  return stored instanceof StoredContext ? stored.context : stored
}

/** Makes a function that tells whether the running code belongs to the request, or to none, that it belongs to now. */
export function makeIsSameRequest(): () => boolean {
  const stored = requestStorage.getStore()
  return () => requestStorage.getStore() === stored
}

/**
 * Attaches the context to the connection (HTTP/1) or the stream (HTTP/2) of its request: the only way to the request
 * from listeners that Node calls outside of the context.
 */
export function attachToConnection(
  context: RequestContext,
  raw: IncomingMessage & { stream?: object },
): void {
  const connection = raw.httpVersionMajor === 2 ? raw.stream : raw.socket
  if (connection) attach(context, connection)
}

/**
 * Whether the current code of a request runs outside of its asynchronous context, as after a body that Node read.
 * The caller then runs it within the context.
 */
export function isOutside(context: RequestContext): boolean {
  return context.route.escapes && requestStorage.getStore() !== context.stored
}

/**
 * Clears the asynchronous context, a request's or a listener's, after an uncaught exception. On Node 24 and later the
 * context of the callback that threw stays current, and the error of a later callback could be assigned to the wrong
 * request. On Node 20 and 22 nothing stays current, and clearing would take the context from the async resource, such
 * as a `setInterval`.
 */
export function leaveContext(): void {
  for (const storage of [requestStorage, listenerStorage] as AsyncLocalStorage<unknown>[]) {
    if (storage.getStore() !== undefined && keepsContextInFrames()) storage.enterWith(undefined)
  }
}

let usesFrames: boolean | undefined

/**
 * Whether Node keeps the store of `AsyncLocalStorage` in a frame (24 and later) and not on the async resource (20
 * and 22). Tested at first use, because flags can change it.
 */
export function keepsContextInFrames(): boolean {
  if (usesFrames === undefined) {
    const resource = new AsyncResource('fastify-isolate.probe')
    resource.runInAsyncScope(() => requestStorage.enterWith(OPTED_OUT))
    usesFrames = resource.runInAsyncScope(() => requestStorage.getStore()) !== OPTED_OUT
  }
  return usesFrames
}

/**
 * Enters the asynchronous context of a request.
 *
 * On Node 24 and later `run()` makes two frames, one to enter and one to restore: the most expensive part of this
 * plugin for a request. `enterWith()` makes one, and is enough while Node's HTTP/1 server dispatches a request: no
 * other code follows in that callback, and after it Node restores the context, also before the next pipelined
 * request.
 */
export class Dispatch {
  /** Whether any route keeps a context. If none does, `AsyncLocalStorage` stays unused. */
  keepsContexts = false
  #raw: IncomingMessage | undefined = undefined

  /** Called before a server dispatches a request. */
  begin(raw: IncomingMessage): void {
    if (!this.keepsContexts || raw.httpVersionMajor !== 1 || !keepsContextInFrames()) return
    // with a context, the code of another request dispatches this one, and goes on after it
    if (requestStorage.getStore() === undefined) this.#raw = raw
  }

  /** Called after the server has dispatched its request. */
  end(): void {
    this.#raw = undefined
  }

  /** Calls `next` in the context of a request. */
  enter(context: RequestContext, raw: IncomingMessage, next: () => void): void {
    if (this.#raw === raw) {
      requestStorage.enterWith(context.stored)
      next()
    } else requestStorage.run(context.stored, next)
  }
}
