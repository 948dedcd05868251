import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import type { Fault, FaultRequest, Origin } from '../fault/fault.ts'
import type { LineLimit } from '../log/rate-limit.ts'
import type { ResolvedRouteOptions } from '../options/resolved.ts'
import type { RouteHealth } from '../sick/route-health.ts'
import { hasNumber, numberOf } from './error-number.ts'
import type { LongestAnswer } from './longest-answer.ts'
import { snapshotOf } from './snapshot.ts'

/** Stands before the routes that are closed. */
export interface RouteGate {
  /**
   * Lets a request pass, at once or later, or answers it. Never throws.
   *
   * @param goOn Hands the request on to its route.
   */
  pass(context: RequestContext, goOn: () => void): void
}

/** A route with the options that hold for it: the plugin's own, overridden by `config.isolate`. */
export interface CoveredRoute extends ResolvedRouteOptions {
  /** The app that it belongs to: a process may have several. */
  readonly app: object
  /** The route's pattern; undefined for a 404 handler. */
  readonly pattern: string | undefined
  /** The methods that it serves; none for a 404 handler, which serves all. */
  readonly methods: readonly string[]
  /** Its place among the covered routes of the app; -1 for what comes past the routes. */
  readonly index: number
  /** How long its good answers take. */
  readonly longestAnswer: LongestAnswer
  /** Limits the lines about its requests that are no faults. */
  readonly lines: LineLimit
  /** How its requests end. */
  readonly health: RouteHealth
  /** Set while the route is closed for one of its methods. */
  gate: RouteGate | undefined
}

/** What an error turned out to be. */
export type Outcome = 'expected' | 'client-abort' | Fault

/**
 * By what a request was ended before its handler had answered: an answer that the plugin forced, a response that the
 * plugin cut, the client, which left, or the answer of a `handlerTimeout`.
 */
export type Ended = 'forced' | 'cut' | 'gone' | 'timed out'

/** An answer that is forced unless the request answers by itself: see `escapes/grace.ts`. */
export interface ForcedAnswer {
  /** Cancels the answer, because the response has closed. */
  cancel(): void
}

/**
 * What the asynchronous context of a request holds. Node keeps it on timers and connections: whoever compares or prints
 * one of them must not come from there to the app.
 */
export class StoredContext {
  readonly #context: RequestContext

  constructor(context: RequestContext) {
    this.#context = context
  }

  get context(): RequestContext {
    return this.#context
  }
}

/** The status of a reply whose status says nothing of an error. */
export const NO_STATUS = 0

/**
 * What the plugin knows about one request. It may outlive the request, because a pooled socket keeps the
 * asynchronous context in which it was opened. So it drops the request and the reply when the response closes, and
 * keeps only the few strings that a late fault needs.
 */
export class RequestContext {
  request: FastifyRequest | undefined
  reply: FastifyReply | undefined
  readonly route: CoveredRoute
  readonly startedAt: number
  /** The request's own logger. It stays when the request is gone: a late fault needs its `reqId`. */
  log: FastifyBaseLogger
  /** Where an error that arrives now comes from. */
  origin: Origin = 'hook'
  /** Whether `reply.send()` was called with an answer since the last error was triaged. */
  sending = false
  /**
   * The status of the reply when a guard saw the last error, or that of an error of Express, or {@link NO_STATUS}:
   * Fastify itself may set another one for a tracer.
   */
  statusAtError: number | undefined = undefined
  /** The status of 500 to 599 that the app had set on the reply before the error that is being answered. */
  replyStatus: number | undefined = undefined
  /** The reply's own headers when the handler started: those were set by hooks. */
  hookHeaders: Record<string, unknown> | undefined = undefined
  /** The raw response's headers when the handler started. */
  hookRawHeaders: Record<string, unknown> | undefined = undefined
  /** Bytes of the body that were written, where the body is a stream. */
  bytesSent = -1
  /** That stream. */
  stream: unknown = undefined
  /** The fault that an answer is being made for. */
  fault: Fault | undefined = undefined
  /** The error that was triaged last, and its outcome. */
  triaged: { readonly error: unknown; readonly outcome: Outcome } | undefined = undefined
  /** The number of that error once the response has closed. */
  #triagedBefore: number | undefined = undefined
  /** The promise that a handler, hook or error handler returned last: Fastify goes on when it settles. */
  awaited: PromiseLike<unknown> | undefined = undefined
  /** The neighbours in the list of the requests in flight. */
  older: RequestContext | undefined = undefined
  newer: RequestContext | undefined = undefined
  /** Its place on the board of requests in flight; -1 where it has none. */
  slot = -1
  /** The answer that is forced unless the request answers by itself, after an error escaped from it. */
  forcedAnswer: ForcedAnswer | undefined = undefined
  /** Whether the response closed complete, with a status below 500. */
  hasEndedWell = false
  /** Whether the answer was given before anything was waited for: such an answer takes no time worth a look at the clock. */
  isAnsweredAtOnce = false
  /** Whether the response closed before it was complete. */
  isCutShort = false
  /** Whether the server destroyed the response with an error. */
  wasDestroyed = false
  /** Set where the request was ended before its handler: what that aborts is no fault. */
  ended: Ended | undefined = undefined
  /** Aborts `request.isolation.signal`. Set while the request is in flight, if the app has asked for the signal. */
  abortSignal: (() => void) | undefined = undefined
  /** Tells what became of the request, once its response has closed. Set when an error has escaped from it. */
  tellOutcome: (() => void) | undefined = undefined
  /** The fault that was recorded last, until the response has closed. */
  lastFault: Fault | undefined = undefined
  /** The number of its error, also later. */
  #recorded: number | undefined = undefined
  #snapshot: FaultRequest | undefined = undefined
  #stored: StoredContext | undefined = undefined

  constructor(request: FastifyRequest, reply: FastifyReply | undefined, route: CoveredRoute) {
    this.request = request
    this.reply = reply
    this.route = route
    this.log = request.log
    this.startedAt = Date.now()
  }

  /** What the asynchronous context of the request holds. Made once, and only where there is such a context. */
  get stored(): StoredContext {
    this.#stored ??= new StoredContext(this)
    return this.#stored
  }

  /** Whether the response has closed. The request and the reply are gone then. */
  get done(): boolean {
    return this.request === undefined
  }

  /** Whether the client left before it had its whole answer. Known once the response has closed. */
  get clientLeft(): boolean {
    if (this.ended !== undefined && this.ended !== 'timed out') return this.ended === 'gone'
    return this.isCutShort && !this.wasDestroyed
  }

  /** Called where the request is ended before its handler has answered. */
  end(by: Ended): void {
    this.ended = by
    this.#abort()
  }

  #abort(): void {
    const abort = this.abortSignal
    this.abortSignal = undefined
    abort?.()
  }

  /** The request, unless it has no reply: then it is a raw one, which has little of what a request of Fastify's has. */
  get fastifyRequest(): FastifyRequest | undefined {
    return this.reply === undefined ? undefined : this.request
  }

  /** Returns the plain snapshot for faults. It is made once, at the latest when the response closes. */
  snapshot(): FaultRequest {
    this.#snapshot ??= snapshotOf(this.request as FastifyRequest, this.route.pattern, this.startedAt)
    return this.#snapshot
  }

  /** Remembers that an error has become a fault of this request. */
  remember(fault: Fault): void {
    const { error } = fault
    if (!this.done) this.lastFault = fault
    this.#recorded = numberOf(error) ?? this.#recorded
  }

  /** Whether this very error is the fault that was recorded last. */
  hasRecorded(error: unknown): boolean {
    return hasNumber(error, this.#recorded)
  }

  /** Whether an error is the one that was triaged last, also after the response has closed. */
  wasTriaged(error: unknown): boolean {
    if (this.triaged !== undefined) return Object.is(this.triaged.error, error)
    return hasNumber(error, this.#triagedBefore)
  }

  #noteEnd(reply: FastifyReply, request: FastifyRequest): void {
    const { raw } = reply
    // an HTTP/2 response that the client has cancelled counts as finished
    this.isCutShort = !raw.writableFinished || request.raw.aborted === true
    this.hasEndedWell = !this.isCutShort && raw.statusCode < 500
    const { health, longestAnswer } = this.route
    if (this.hasEndedWell) {
      health.add(true)
      // Fastify takes the time of a request that is logged
      const duration = reply.elapsedTime || (this.isAnsweredAtOnce ? 0 : Date.now() - this.startedAt)
      longestAnswer.add(duration, this.startedAt + duration)
    } else if (this.lastFault !== undefined && !this.clientLeft) health.add(false)
  }

  /** Drops the request and the reply. Called when the response closes. */
  release(): void {
    if (this.request === undefined) return
    this.forcedAnswer?.cancel()
    this.forcedAnswer = undefined
    this.snapshot()
    this.log = this.request.log
    if (this.reply !== undefined) this.#noteEnd(this.reply, this.request)
    this.request = undefined
    this.reply = undefined
    this.hookHeaders = undefined
    this.hookRawHeaders = undefined
    this.stream = undefined
    if (this.triaged !== undefined) this.#triagedBefore = numberOf(this.triaged.error) ?? this.#triagedBefore
    this.triaged = undefined
    this.fault = undefined
    this.lastFault = undefined
    this.awaited = undefined
    if (this.isCutShort) this.#abort()
    this.abortSignal = undefined
    this.tellOutcome?.()
    this.tellOutcome = undefined
  }
}
