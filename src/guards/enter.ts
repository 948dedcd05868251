import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { asError } from '../fastify/as-error.ts'
import type { RouteContext } from '../fastify/compiled-route.ts'
import { attachToConnection, OPTED_OUT, requestStorage } from '../request/async-context.ts'
import { type CoveredRoute, RequestContext, type RouteGate } from '../request/context.ts'
import { attachToNew, contextOf } from '../request/context-slot.ts'
import { destroyedWith } from '../request/destroyed-with.ts'
import type { EarlyError } from '../request/early-errors.ts'
import { closeWithHead, cutAtItsTurn } from '../request/lost-closes.ts'
import { closeWithConnection } from '../request/pipelined-responses.ts'
import type { Guards } from './guards.ts'

/** The property of a compiled route that holds its options. A 404 context derived from the route inherits it. */
export const COVERED: unique symbol = Symbol.for('fastify-isolate.covered') as never

/**
 * A compiled route of Fastify. Without {@link COVERED} the plugin has not visited it; `false` says that it opts
 * out.
 */
export interface CompiledRoute extends RouteContext {
  [COVERED]?: CoveredRoute | false
}

/**
 * Gives a compiled route its options. The property is not enumerable: whoever compares two requests comes to their
 * route, and must not get from there to the app.
 */
export function coverWith(route: CompiledRoute, options: CoveredRoute | false): void {
  Object.defineProperty(route, COVERED, { value: options })
}

function failing(done: HookHandlerDoneFunction, { error }: EarlyError): () => void {
  return () => done(asError(error) as Error)
}

/** An `onRequest` hook. */
export type Enter = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void

/** Creates the hook that gives a request its context. It runs before every other hook. */
export function makeEnter({ app, internals, triage, early, dispatch, optedOut }: Guards): Enter {
  const { requests } = app
  const keepsContexts = app.options.escapes
  const onClose = function onClose(this: ServerResponse): void {
    const context = contextOf(this) as RequestContext
    if (context.done) return
    requests.delete(context)
    if (!this.writableFinished) cutAtItsTurn(this)
    const error = destroyedWith(this)
    if (error !== undefined) {
      context.wasDestroyed = true
      triage.recordDestroyed(context, error)
    }
    context.release()
  }
  const enter: Enter = function enterIsolation(request, reply, done) {
    const route = (internals.routeOf(request) as CompiledRoute)[COVERED]
    if (app.refuseLate?.(request, reply)) return
    const failure = early.any ? early.take(request.raw) : undefined
    if (!route) {
      optedOut.add(reply.raw)
      leaveToFastify(route, failure, done)
      return
    }
    const { raw } = reply
    const context = new RequestContext(request, reply, route)
    attachToNew(context, request)
    attachToNew(context, request.raw)
    attachToNew(context, raw)
    app.hasServed = true
    raw.on('close', onClose)
    if (raw.socket === null) closeWithConnection(request.raw.socket, raw, onClose)
    else if (request.raw.method === 'HEAD' && request.raw.httpVersionMajor === 2) closeWithHead(raw, onClose)
    const next = failure === undefined ? done : failing(done, failure)
    if (route.gate === undefined) begin(context, request, raw, next)
    else pass(route.gate, context, request, raw, next)
  }
  // A closure in the hook itself would cost each request an object that holds its variables.
  function leaveToFastify(
    route: false | undefined,
    failure: EarlyError | undefined,
    done: HookHandlerDoneFunction,
  ): void {
    const next = () => done(failure?.error as Error | undefined)
    if (route === false && keepsContexts) requestStorage.run(OPTED_OUT, next)
    else next()
  }
  function pass(
    gate: RouteGate,
    context: RequestContext,
    request: FastifyRequest,
    raw: ServerResponse,
    next: HookHandlerDoneFunction,
  ): void {
    gate.pass(context, () => begin(context, request, raw, next))
  }
  function begin(
    context: RequestContext,
    request: FastifyRequest,
    raw: ServerResponse,
    next: HookHandlerDoneFunction,
  ): void {
    requests.add(context)
    if (context.route.escapes) {
      attachToConnection(context, request.raw)
      dispatch.enter(context, request.raw, next)
    } else if (keepsContexts) requestStorage.run(OPTED_OUT, next)
    else next()
    context.isAnsweredAtOnce = raw.writableEnded
  }
  // Fastify calls `bind()` on every hook: returning the same function makes it recognisable in compiled routes. An
  // assignment would throw where `Function.prototype` is frozen.
  Object.defineProperty(enter, 'bind', { value: () => enter })
  return enter
}
