import type { FastifyBaseLogger } from 'fastify'
import type { LeaveOptions } from '../options.ts'

/** A request in flight, as a report and the log name it. It holds no path that the client chose. */
export interface InFlightRequest {
  readonly id: string
  readonly method: string
  /** The route's pattern, undefined where no route matched. */
  readonly route: string | undefined
  /** Milliseconds since the request arrived. */
  readonly age: number
}

/**
 * One registered instance of the plugin, as the way out sees it. The way out knows no Fastify: everything that
 * it asks of an app stands here. No method throws; the way out catches what does all the same.
 */
export interface Resident {
  /** The app's logger. */
  readonly log: FastifyBaseLogger
  /** Every option with its default. */
  readonly leave: ResolvedLeaveOptions
  /** Fastify's version. */
  readonly fastifyVersion: string
  /** Whether the app has listened, or has been given a request: before that a fatal fault is a boot failure. */
  hasServed(): boolean
  /** How many faults each fingerprint has had. */
  fingerprints(): Iterable<readonly [fingerprint: string, count: number]>
  /** The requests in flight, oldest first. */
  inFlight(): InFlightRequest[]
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

/** {@link LeaveOptions} with every default filled in. */
export interface ResolvedLeaveOptions {
  readonly deadline: number
  readonly drainDelay: number
  readonly drainFatal: boolean
  readonly recycleAfter: number
  readonly signals: readonly NodeJS.Signals[]
  readonly onLeave: LeaveOptions['onLeave'] | undefined
  readonly exitCodes: { readonly fatal: number; readonly recycle: number }
  readonly reportDir: string | undefined
  readonly terminationLog: string | false
  readonly readiness: string | undefined
  /** Undefined: `process.exit`. */
  readonly exit: ((code: number) => void) | undefined
}
