import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { attempt } from '../attempt.ts'
import type { Internals } from '../fastify/internals.ts'
import { readProperty } from '../fault/thrown.ts'
import type { IsolatedApp } from '../isolated-app.ts'
import { routeOptions } from '../options/resolve.ts'
import { type CoveredRoute, RequestContext } from '../request/context.ts'
import { substituteId } from '../request/early-errors.ts'
import { LongestAnswer } from '../request/longest-answer.ts'

/** What a snapshot is made of. */
interface RawRequest {
  readonly id: string
  readonly raw: object
  readonly log: FastifyBaseLogger
  readonly host: unknown
  readonly ip: unknown
}

/**
 * Makes the contexts of what has neither a request nor a reply of Fastify's: a request that has not come to its route,
 * and a connection. Their faults tell what Node shows.
 */
export class RawContexts {
  /** What holds where there is no route. */
  readonly route: CoveredRoute
  readonly #app: IsolatedApp
  readonly #internals: Internals

  constructor(app: IsolatedApp, internals: Internals) {
    this.#app = app
    this.#internals = internals
    const options = routeOptions(app.options, {})
    const health = app.sickWatch.addRoute()
    this.route = {
      ...options,
      app,
      pattern: undefined,
      index: -1,
      methods: [],
      gate: undefined,
      longestAnswer: new LongestAnswer(),
      lines: app.lines,
      health,
    }
  }

  /** The context of a raw request. Its log lines have the id that its answer names. */
  ofRequest(raw: IncomingMessage): RequestContext {
    const id = substituteId()
    const { log } = this.#app.fastify
    const own = attempt(() => log.child({ [this.#internals.requestIdLabel(this.#app.fastify)]: id }), log)
    const host = raw.headers.host ?? raw.headers[':authority']
    return this.#context({ id, raw, log: own, host, ip: raw.socket?.remoteAddress })
  }

  /**
   * The context of a connection, or of a stream of HTTP/2.
   *
   * @param headers Those of the stream.
   */
  ofConnection(connection: object, headers?: unknown): RequestContext {
    const socket = socketOf(connection)
    const method = String(readProperty(headers, ':method') ?? '')
    const url = String(readProperty(headers, ':path') ?? '')
    const host = readProperty(headers, ':authority')
    const ip = readProperty(socket, 'remoteAddress')
    const raw = { method, url, headers: {}, socket }
    return this.#context({ id: '', raw, log: this.#app.fastify.log, host, ip })
  }

  #context(request: RawRequest): RequestContext {
    const context = new RequestContext(request as unknown as FastifyRequest, undefined, this.route)
    context.snapshot() // a connection that is gone has no address any more
    return context
  }
}

/** The socket of a connection: itself, or that of the session of HTTP/2. */
function socketOf(connection: object): object {
  const session = readProperty(connection, 'session') ?? connection
  return (readProperty(session, 'socket') as object | undefined) ?? connection
}
