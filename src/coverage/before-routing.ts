import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Peer } from '../answer/peer.ts'
import { asError } from '../fastify/as-error.ts'
import { COVERED, type CompiledRoute, coverWith, type Enter } from '../guards/enter.ts'
import type { Guards } from '../guards/guards.ts'
import { guardHandler } from '../guards/handler.ts'
import { guardRoute } from '../guards/route.ts'
import { isThenable } from '../is-thenable.ts'
import { NO_STATUS } from '../request/context.ts'
import { contextOf } from '../request/context-slot.ts'
import { markGuarded } from '../server/listeners.ts'
import type { RawContexts } from '../server/raw-contexts.ts'

/** Gives a request to Fastify. */
type Routing = (raw: IncomingMessage, response: ServerResponse) => void

type App = FastifyInstance & { routing: Routing }

/**
 * Guards what Fastify calls before it has found a route (`rewriteUrl`, the parser of query strings, constraints,
 * `frameworkErrors`): what they throw would leave the client without an answer, and end the process.
 */
export class BeforeRouting {
  readonly #app: App
  readonly #guards: Guards
  readonly #enter: Enter
  readonly #contexts: RawContexts
  readonly #routing: Routing

  /**
   * @param enter The hook that gives a request its context.
   * @param contexts Makes the contexts of requests that do not come to their route.
   */
  constructor(guards: Guards, enter: Enter, contexts: RawContexts) {
    this.#app = guards.app.fastify as App
    this.#guards = guards
    this.#enter = enter
    this.#contexts = contexts
    this.#routing = this.#app.routing
  }

  /** Guards `app.routing`, through which others than the server give it requests: `@fastify/websocket` its upgrades. */
  guardRouting(): void {
    this.#app.routing = (raw, response) => {
      try {
        this.#routing(raw, response)
      } catch (error) {
        this.#answer(error, raw, response)
      }
    }
  }

  /** Guards the listener of requests of one server, once. */
  guardServer(server: Server): void {
    const routing = this.#routing
    // A `serverFactory` of the app may call it in ways of its own.
    if (!server.listeners('request').includes(routing)) return
    const { dispatch } = this.#guards
    const listener: Routing = (raw, response) => {
      dispatch.begin(raw)
      try {
        routing(raw, response)
      } catch (error) {
        this.#answer(error, raw, response)
      } finally {
        dispatch.end()
      }
    }
    markGuarded(listener)
    const listeners = server.rawListeners('request') as Routing[]
    server.removeAllListeners('request')
    for (const each of listeners) server.on('request', each === routing ? listener : each)
  }

  /**
   * There is neither a request of Fastify's nor a reply: the fault tells what the raw request shows.
   *
   * @throws The error itself where the request had come to its route: it is for whoever handles the escapes of that.
   */
  #answer(error: unknown, raw: IncomingMessage, response: ServerResponse): void {
    const { optedOut, triage } = this.#guards
    if (contextOf(response) !== undefined || optedOut.has(response)) throw error
    try {
      const context = this.#contexts.ofRequest(raw)
      context.release()
      triage.recordDropped(context, error)
      new Peer(response, true).fail(context.snapshot().id)
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
      const handler = guardHandler(
        (...args) => answer.call(options, error, ...args),
        this.#guards,
        true,
        true,
      )
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
    coverWith(route, this.#contexts.route)
    guardRoute(route, this.#guards, this.#enter)
  }
}
