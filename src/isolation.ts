import type { FastifyRequest, RawServerBase, RouteGenericInterface } from 'fastify'
import type { Fault, FaultCounts } from './fault/fault.ts'

/** Whether the process serves or leaves. */
export type IsolationState = 'serving' | 'leaving'

/** A route that is closed: it answers 503. */
export interface QuarantinedRoute {
  /** Its name: `GET /users/:id`. */
  readonly route: string
  /** When it was closed, in milliseconds since the epoch. */
  readonly since: number
  /** When it is tried first, in milliseconds since the epoch; undefined where it is closed until it is released. */
  readonly until: number | undefined
  /** Why, in words. */
  readonly evidence: string
  /** How many deaths it was closed for. */
  readonly deaths: number
  /** How often it was closed again. */
  readonly relapses: number
  /** How many trials in a row went well; the third one releases it. */
  readonly goodTrials: number
  /** Who closed it. */
  readonly by: 'deaths' | 'hand'
}

/** What `onQuarantine` and the channel `fastify-isolate:quarantine` tell: a route was closed or released. */
export interface QuarantineEvent extends QuarantinedRoute {
  /** `closed`: also one that was tried and has killed again. */
  readonly change: 'closed' | 'released'
}

/** `app.isolation.quarantine`: the routes that are closed. */
export interface Quarantine {
  /** The routes that are closed now, half-open ones too. None without the option `quarantine`. */
  list(): QuarantinedRoute[]
  /**
   * Opens a route at once, and forgets what it was closed for.
   *
   * @param route Its name: `GET /users/:id`.
   * @returns Whether it was closed. Settles when the others know.
   */
  release(route: string): Promise<boolean>
  /**
   * Closes a route until it is released or a new build starts.
   *
   * @param route Its name: `GET /users/:id`.
   * @param reason Why, for the log and the list. Cut at 1024 characters.
   * @returns Settles when the others know.
   * @throws {TypeError} `FST_ISOLATE_BAD_OPTION` where the app has no such route, or no `quarantine`: rejects with it.
   */
  close(route: string, reason: string): Promise<void>
}

/** `app.isolation`: the plugin's state and fault counts, and functions to report an error and to leave. */
export interface Isolation {
  /** Whether the process serves or leaves. */
  readonly state: IsolationState
  /** How many faults there were so far, by origin and by verdict: a frozen copy. */
  readonly counts: FaultCounts
  /**
   * When the process leaves because of a `recycle` verdict, in milliseconds since the epoch; undefined where none is
   * due. It holds for the process, whichever app had the fault.
   */
  readonly recycleDue: number | undefined
  /**
   * Records an error that the app caught itself as a fault: it is logged, counted, classified and announced like
   * any other. Sends no answer. An error that is a fault already, of that request or (without a request) of any, is
   * not recorded again.
   *
   * @param error - Any value.
   * @param request - The request that it belongs to, if any; of HTTP/1 or HTTP/2, and of any copy of Fastify.
   * @returns The fault, which may be an earlier one.
   */
  report(
    error: unknown,
    request?: Pick<FastifyRequest<RouteGenericInterface, RawServerBase>, 'id' | 'raw'>,
  ): Fault
  /**
   * Runs background work, such as the callback of a consumer, a timer or a cron job, in an asynchronous context of its
   * own. What it throws or rejects with (origin `job`), and what escapes from it later (`exception`, `rejection`), is a
   * fault with the name of the job and without a request, also where a request starts it. It is contained, unless it is
   * a `FatalError`, resources are exhausted, or `classify` says otherwise.
   *
   * What `fn` throws is thrown on, and its promise is returned as it is: a floating one is no escape. Where that error
   * escapes from the caller, it is not a second fault; a request that nothing else would answer is answered 500. With
   * `escapes: false` what escapes later, and what nobody catches of that which is thrown on, is left to Node.
   *
   * @param name - What the log and {@link FaultCounts.job} call it: a text that is not empty.
   * @param fn - The work.
   * @returns What `fn` returns.
   * @throws {TypeError} `FST_ISOLATE_BAD_OPTION` where the name is no text or empty, or `fn` no function.
   */
  job<T>(name: string, fn: () => T): T
  /** The routes that are closed because they kill, and by hand. */
  readonly quarantine: Quarantine
  /**
   * Makes the process leave: it drains, flushes its logs and exits with 0.
   *
   * @param reason - Why, for the log.
   * @returns Settles when the drain is over, just before the process exits.
   */
  leave(reason?: string): Promise<void>
}

/** `request.isolation`: what the plugin tells a request that is being handled. */
export interface RequestIsolation {
  /**
   * Aborted when nobody waits for the handler any more: the request was answered or cut by force, a `handlerTimeout`
   * has answered, or the client left before it had its whole answer. A request that ended well never aborts it.
   *
   * `signal.reason` is an Error with the name `AbortError` and a `code`: `FST_ISOLATE_CLIENT_GONE` where the client
   * left, `FST_ISOLATE_FORCED` otherwise. An error that only passes the abort on is no fault, nor is it where a job
   * passes it on.
   *
   * Made on first use. On a route that opted out of the plugin it is Fastify's own `request.signal`.
   */
  readonly signal: AbortSignal
}
