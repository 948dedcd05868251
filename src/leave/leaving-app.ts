import type { FastifyBaseLogger } from 'fastify'
import type { ResolvedLeaveOptions } from '../options/resolved.ts'
import type { InFlightRequest } from '../report/crash-report.ts'
import type { ReportedApp } from '../report/report.ts'

/**
 * One app, as the leaving process sees it. This folder knows no Fastify: everything that it asks of an app stands
 * here. No method throws; what does all the same is caught.
 */
export interface LeavingApp extends ReportedApp {
  /** The app's logger. */
  readonly log: FastifyBaseLogger
  /** Every option with its default. */
  readonly leave: ResolvedLeaveOptions
  /** Whether the app has listened, or has been given a request: before that a fatal fault is a boot failure. */
  hasServed(): boolean
  /** Says `leaving` from now on: `app.isolation.state`, and readiness answers 503. Goes on serving. */
  startLeaving(): void
  /**
   * Stops accepting, closes idle connections, answers new requests with 503 and `Retry-After`, makes every
   * response still to come carry `Connection: close` (HTTP/2: GOAWAY).
   */
  stopAccepting(): void
  /** Resolves once no request and no upgraded socket is left. */
  drained(): Promise<void>
  /** Cuts what is left and names it. */
  cut(): InFlightRequest[]
  /** `app.close()`. Resolves when it settles, whichever way; the log has its failure. */
  close(): Promise<void>
}
