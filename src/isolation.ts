import type { FastifyRequest, RawServerBase, RouteGenericInterface } from 'fastify'
import type { Fault, FaultCounts } from './fault/fault.ts'

/** Whether the process serves or leaves. */
export type IsolationState = 'serving' | 'leaving'

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
