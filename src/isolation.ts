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
   * Makes the process leave: it drains, flushes its logs and exits with 0.
   *
   * @param reason - Why, for the log.
   * @returns Settles when the drain is over, just before the process exits.
   */
  leave(reason?: string): Promise<void>
}
