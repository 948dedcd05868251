import type { FastifyRequest } from 'fastify'
import type { Fault } from './fault/fault.ts'
import type { FaultCounts } from './fault/ledger.ts'
import type { IsolatedApp, IsolationState } from './isolated-app.ts'
import { contextOf } from './request/context.ts'

/** `app.isolation`: what the plugin knows and can be told. */
export interface Isolation {
  /** Whether the process serves or leaves. */
  readonly state: IsolationState
  /** How many faults there were so far, by origin and by verdict: a frozen copy. */
  readonly counts: FaultCounts
  /**
   * Makes a fault of an error that the app caught itself: logged, counted, classified and announced like any other.
   * It answers nobody.
   *
   * @param error - Any value.
   * @param request - The request that it belongs to, if any.
   * @returns The fault.
   */
  report(error: unknown, request?: FastifyRequest): Fault
  /**
   * Makes the process leave: it drains, flushes its logs and exits with 0.
   *
   * @param reason - Why, for the log.
   * @returns Settles when the drain is over, just before the process exits.
   */
  leave(reason?: string): Promise<void>
}

/** Makes the public face of an app. */
export function isolationOf(app: IsolatedApp): Isolation {
  return {
    get state() {
      return app.state
    },
    get counts() {
      return app.ledger.counts
    },
    report: (error, request) =>
      app.recordFault({
        error,
        origin: 'handler',
        attributedTo: request === undefined ? 'none' : 'call',
        context: contextOf(request),
      }),
    leave: async (reason) => app.leaveControl?.leave(reason),
  }
}
