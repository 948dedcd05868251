import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { asError } from '../fastify/as-error.ts'
import type { RouteContext } from '../fastify/compiled-route.ts'
import type { Internals } from '../fastify/internals.ts'
import { type Dispatch, leaveTrail, OPTED_OUT, requestStorage } from './async-context.ts'
import { attach, CONTEXT, type GuardedRoute, RequestContext } from './context.ts'
import type { EarlyErrors } from './early-errors.ts'
import { closeWithConnection } from './pipelined-responses.ts'

/** Where a compiled route keeps its options; a context derived from it (404) inherits them. */
export const GUARDED: unique symbol = Symbol.for('fastify-isolate.guarded') as never

/** A compiled route, once it was visited: `false` where it opts out. */
export interface Compiled extends RouteContext {
  [GUARDED]?: GuardedRoute | false
}

/** What is told about the requests that come and go. */
export interface Traffic {
  /** Whether new requests are turned away now, and then answers this one. */
  turnAway: ((request: FastifyRequest, reply: FastifyReply) => boolean) | undefined
  arrived(context: RequestContext): void
  left(context: RequestContext): void
}

/** A hook of `onRequest`. */
export type Enter = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void

/** What the hook needs. */
export interface Entrance {
  readonly internals: Internals
  readonly traffic: Traffic
  readonly early: EarlyErrors
  readonly dispatch: Dispatch
  /** Gets the responses of requests that reached a route which has them to itself. */
  readonly optedOut: WeakSet<object>
  /** Whether routes have asynchronous contexts unless they say otherwise. */
  readonly keepsContexts: boolean
}

/** Makes the hook that gives a request its context. It comes before every other one. */
export function makeEnter(entrance: Entrance): Enter {
  const { internals, traffic, early, dispatch, optedOut, keepsContexts } = entrance
  const onClose = function onClose(this: object): void {
    const context = (this as { [CONTEXT]: RequestContext })[CONTEXT]
    traffic.left(context)
    context.release()
  }
  const enter: Enter = function enterIsolation(request, reply, done) {
    const route = (internals.routeOf(request) as Compiled)[GUARDED]
    if (traffic.turnAway?.(request, reply)) return
    const failure = early.any ? early.take(request.raw) : undefined
    if (!route) {
      optedOut.add(reply.raw)
      const next = () => done(failure?.error as Error | undefined)
      if (route === false && keepsContexts) requestStorage.run(OPTED_OUT, next)
      else next()
      return
    }
    const { raw } = reply
    const context = new RequestContext(request, reply, route)
    attach(context, request)
    attach(context, raw)
    traffic.arrived(context)
    raw.on('close', onClose)
    if (raw.socket === null) closeWithConnection(request.raw.socket, raw, onClose)
    const next = failure === undefined ? done : () => done(asError(failure.error) as Error)
    if (route.escapes) {
      leaveTrail(context, request.raw)
      dispatch.enter(context, request.raw, next)
    } else if (keepsContexts) requestStorage.run(OPTED_OUT, next)
    else next()
  }
  // Fastify binds hooks to their instance; one and the same function shows which routes are covered
  enter.bind = (() => enter) as never
  return enter
}
