import type { FastifyBaseLogger } from 'fastify'
import type { LeaveMark } from '../deaths/recorder-control.ts'
import type { ResolvedLeaveOptions } from '../options/resolved.ts'
import type { ReportedApp } from '../report/build.ts'
import type { CrashReport, InFlightRequest } from '../report/crash-report.ts'

/**
 * An app, as the leaving process uses it. The folder `leave/` needs nothing else of Fastify. A method should not
 * throw; the caller catches what it throws.
 */
export interface LeavingApp extends ReportedApp {
  /** The app's logger. */
  readonly log: FastifyBaseLogger
  /** Every option with its default. */
  readonly leave: ResolvedLeaveOptions
  /** Whether the app has listened, or has been given a request: before that a fatal fault is a boot failure. */
  hasServed(): boolean
  /** Begins to watch whether the app is sick, because an error has escaped in this process. */
  watchForSickness(): void
  /**
   * Sets `app.isolation.state` to `leaving`, and makes the readiness route answer 503. The app goes on serving.
   *
   * @param mark Why, for the recorder.
   */
  startLeaving(mark: LeaveMark): void
  /**
   * Closes idle connections, answers new requests on open ones with 503 and `Retry-After`, and adds `Connection: close`
   * to every later response (HTTP/2: GOAWAY). Stops listening once the connections that wait are accepted.
   */
  stopAccepting(): void
  /**
   * Runs the app's `preClose` hooks, then closes the WebSockets that they left open with 1001. Resolves once no hook
   * runs, and no request and no upgraded socket is left.
   */
  drained(): Promise<void>
  /** Tells the processes of other machines why this one leaves. Never rejects. */
  tellOthers(report: CrashReport): Promise<void>
  /** Cuts all requests in flight and returns them. */
  cut(): InFlightRequest[]
  /**
   * Calls `app.close()` and logs its failure. Never rejects.
   *
   * @param waitForBoot False: resolves at once where the app still boots, which `app.close()` waits for.
   */
  close(waitForBoot: boolean): Promise<void>
}
