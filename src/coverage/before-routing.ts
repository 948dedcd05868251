import { isThenable } from '../is-thenable.ts'
import { type GuardedRoute } from '../request/context.ts'
import { type Dispatch } from '../request/async-context.ts'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { asError } from '../fastify/as-error.ts'
import type { RouteContext } from '../fastify/compiled-route.ts'
import { contextOf, RequestContext } from '../request/context.ts'
import { substituteId } from '../request/early-errors.ts'
import type { Enter } from '../request/enter.ts'
import { guardHandler } from '../guards/handler.ts'
import type { Internals } from '../fastify/internals.ts'
import type { Triage } from '../triage/triage.ts'
import { plainBody } from '../answer/raw.ts'

/** What a front door needs of the {@link Boundary}. */
export interface House {
  readonly triage: Triage
  readonly internals: Internals
  /** Gives a request its context. */
  readonly enter: Enter
  /** The options for what belongs to no route. */
  readonly options: GuardedRoute
  /** Guards what Fastify keeps of a route, once. */
  readonly enclose: (route: RouteContext) => void
  /** Responses of requests that reached a route, and that the route has to itself. */
  readonly optedOut: WeakSet<object>
  readonly dispatch: Dispatch
}

/**
 * Guards what Fastify calls before it has found a route (`rewriteUrl`, the parser of query strings, constraints):
 * what they throw would leave the client without an answer, and end the process.
 */
export function guardEntrance(server: Server, app: FastifyInstance, house: House): void {
  const { routing } = app as unknown as {
    routing: (raw: IncomingMessage, response: ServerResponse) => void
  }
  // A `serverFactory` of the app may call it in ways of its own.
  if (!server.listeners('request').includes(routing)) return
  server.removeListener('request', routing)
  const { dispatch, optedOut } = house
  server.prependListener('request', (raw, response) => {
    dispatch.begin(raw)
    try {
      routing(raw, response)
    } catch (error) {
      if (contextOf(response) !== undefined || optedOut.has(response)) throw error
      meet(error, raw, response, app, house)
    } finally {
      dispatch.end()
    }
  })
}

/** There is neither a request of Fastify's nor a reply: the fault tells what the raw request shows. */
function meet(
  error: unknown,
  raw: IncomingMessage,
  response: ServerResponse,
  app: FastifyInstance,
  { triage, internals, options }: House,
): void {
  try {
    const id = substituteId()
    const log = app.log.child({ [internals.requestIdLabel(app)]: id })
    const stranger = { id, raw, log, ip: raw.socket.remoteAddress } as FastifyRequest
    const context = new RequestContext(stranger, undefined, options)
    context.release()
    triage.recordDropped(context, error)
    response.writeHead(500, { 'content-type': 'application/json; charset=utf-8' })
    response.end(raw.method === 'HEAD' ? undefined : plainBody(id))
  } catch {
    response.destroy()
  }
}

/** Guards `frameworkErrors`, which Fastify asks for the answer to an URL that it cannot route. */
export function guardFrameworkErrors(app: FastifyInstance, house: House): void {
  const { internals, triage } = house
  const options = internals.optionsOf(app)
  const answer = options?.frameworkErrors
  if (options === undefined || typeof answer !== 'function') return
  options.frameworkErrors = (error, request, reply) => {
    const fail = (failure: unknown): void => {
      internals.markAsError(reply)
      reply.send(asError(failure))
    }
    const handler = guardHandler((...args) => answer.call(options, error, ...args), triage, internals)
    house.enclose(internals.routeOf(request))
    house.enter(request, reply, (early) => {
      if (early !== undefined) return fail(early)
      try {
        const result = handler(request, reply)
        // Fastify sends nothing of what it returns.
        if (isThenable(result) && (result as unknown) !== reply) result.then(() => {}, fail)
      } catch (failure) {
        fail(failure)
      }
    })
  }
}
