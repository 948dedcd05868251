import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import type { IncomingMessage } from 'node:http'
import { attach, type RequestContext } from './context.ts'

/** Stands for a request whose route asked to be left to Node, whatever escapes from it. */
export const OPTED_OUT: unique symbol = Symbol('fastify-isolate.opted-out')

/** The asynchronous context: which request the running code belongs to. */
export const requestStorage: AsyncLocalStorage<RequestContext | typeof OPTED_OUT | undefined> =
  new AsyncLocalStorage()

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
 * Whether code of a request runs outside of its asynchronous context, as after a body that Node read from its
 * connection: then it has to be run within it.
 */
export function isOutside(context: RequestContext): boolean {
  return context.route.escapes && requestStorage.getStore() !== context
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

/**
 * Makes the asynchronous context of requests.
 *
 * Where Node keeps it in frames (24 and later), `run` makes one frame to go in and another one to go back, and both
 * together are the dearest part of a request's way through this plugin. A request that Node's HTTP/1 server is
 * handing over needs no way back: nobody else's code follows in this callback of Node's, and when that ends Node
 * goes back by itself, also before the next request of a pipeline.
 */
export class Dispatch {
  /** Whether any route keeps a context. Where none does, not even a look may wake up `AsyncLocalStorage`. */
  keepsContexts = false
  #raw: IncomingMessage | undefined = undefined

  /** A server begins to hand over a request. */
  begin(raw: IncomingMessage): void {
    if (!this.keepsContexts || raw.httpVersionMajor !== 1 || !keepsContextInFrames()) return
    // where there is a context, a request's own code hands another one over, and goes on after it
    if (requestStorage.getStore() === undefined) this.#raw = raw
  }

  /** The server has handed over its request. */
  end(): void {
    this.#raw = undefined
  }

  /** Goes on in the context of a request. */
  enter(context: RequestContext, raw: IncomingMessage, next: () => void): void {
    if (this.#raw === raw) {
      requestStorage.enterWith(context)
      next()
    } else requestStorage.run(context, next)
  }
}
