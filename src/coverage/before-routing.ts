import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { plainBody } from '../answer/raw.ts'
import { asError } from '../fastify/as-error.ts'
import { COVERED, type CompiledRoute, coverWith, type Enter } from '../guards/enter.ts'
import type { Guards } from '../guards/guards.ts'
import { guardHandler } from '../guards/handler.ts'
import { guardRoute } from '../guards/route.ts'
import { isThenable } from '../is-thenable.ts'
import { routeOptions } from '../options/resolve.ts'
import { type CoveredRoute, contextOf, NO_STATUS, RequestContext } from '../request/context.ts'
import { substituteId } from '../request/early-errors.ts'
import { LongestAnswer } from '../request/longest-answer.ts'

/**
 * Guards what Fastify calls before it has found a route (`rewriteUrl`, the parser of query strings, constraints,
 * `frameworkErrors`): what they throw would leave the client without an answer, and end the process.
 */
export class BeforeRouting {
  readonly #app: FastifyInstance
  readonly #guards: Guards
  readonly #enter: Enter
  readonly #options: CoveredRoute

  /** @param enter The hook that gives a request its context. */
  constructor(guards: Guards, enter: Enter) {
    this.#app = guards.app.fastify
    this.#guards = guards
    this.#enter = enter
    const options = routeOptions(guards.app.options, {})
    const { app } = guards
    const longestAnswer = new LongestAnswer()
    this.#options = { ...options, app, pattern: undefined, longestAnswer, health: app.sickWatch.addRoute() }
  }

  /** Guards the listener of requests of one server, once. */
  guardServer(server: Server): void {
    const { routing } = this.#app as unknown as {
      routing: (raw: IncomingMessage, response: ServerResponse) => void
    }
    // A `serverFactory` of the app may call it in ways of its own.
    if (!server.listeners('request').includes(routing)) return
    server.removeListener('request', routing)
    const { dispatch, optedOut } = this.#guards
    server.prependListener('request', (raw, response) => {
      dispatch.begin(raw)
      try {
        routing(raw, response)
      } catch (error) {
        if (contextOf(response) !== undefined || optedOut.has(response)) throw error
        this.#answer(error, raw, response)
      } finally {
        dispatch.end()
      }
    })
  }

  /** There is neither a request of Fastify's nor a reply: the fault tells what the raw request shows. */
  #answer(error: unknown, raw: IncomingMessage, response: ServerResponse): void {
    const { internals, triage } = this.#guards
    try {
      const id = substituteId()
      const log = this.#app.log.child({ [internals.requestIdLabel(this.#app)]: id })
      const host = raw.headers.host ?? raw.headers[':authority']
      const request = { id, raw, log, host, ip: raw.socket.remoteAddress } as FastifyRequest
      const context = new RequestContext(request, undefined, this.#options)
      context.release()
      triage.recordDropped(context, error)
      response.writeHead(500, { 'content-type': 'application/json; charset=utf-8' })
      response.end(raw.method === 'HEAD' ? undefined : plainBody(id))
    } catch {
      response.destroy()
    }
  }

  /** Guards `frameworkErrors`, which Fastify asks for the answer to an URL that it cannot route. */
  guardFrameworkErrors(): void {
    const options = this.#guards.internals.optionsOf(this.#app)
    const answer = options?.frameworkErrors
    if (options === undefined || typeof answer !== 'function') return
    options.frameworkErrors = (error, request, reply) => {
      const handler = guardHandler((...args) => answer.call(options, error, ...args), this.#guards)
      this.#answerByHandler(handler, request, reply)
    }
  }

  #answerByHandler(
    handler: (request: FastifyRequest, reply: FastifyReply) => unknown,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    const fail = (failure: unknown): void => {
      const context = contextOf(request)
      if (context !== undefined) context.statusAtError = NO_STATUS
      reply.send(asError(failure))
    }
    this.#guardOnce(this.#guards.internals.routeOf(request))
    this.#enter(request, reply, (early) => {
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

  /** Guards what Fastify keeps of a request that has no route. */
  #guardOnce(route: CompiledRoute): void {
    if (Object.hasOwn(route, COVERED)) return
    coverWith(route, this.#options)
    guardRoute(route, this.#guards, this.#enter)
  }
}
