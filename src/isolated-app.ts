import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RecorderControl } from './deaths/recorder-control.ts'
import { ErrorMarks } from './fault/error-marks.ts'
import type { Attribution, Fault, Origin, Verdict } from './fault/fault.ts'
import { Ledger } from './fault/ledger.ts'
import { NewFault, shown } from './fault/new-fault.ts'
import { isVerdict } from './fault/verdict.ts'
import { ignoreRejection } from './ignore-rejection.ts'
import { InFlight } from './in-flight/in-flight.ts'
import type { IsolationState, Quarantine } from './isolation.ts'
import type { RequestOutcome } from './log/answered-message.ts'
import { FaultListeners } from './log/fault-listeners.ts'
import { logFailure, logFault, logHeldBack } from './log/log.ts'
import { type LineLimit, LogRateLimit } from './log/rate-limit.ts'
import type { ResolvedOptions } from './options/resolved.ts'
import type { CrashReport, Sickness } from './report/crash-report.ts'
import { makeIsSameRequest } from './request/async-context.ts'
import type { RequestContext } from './request/context.ts'
import { waitingRequests } from './request/waiting-request.ts'
import { SickWatch } from './sick/sick-watch.ts'

/**
 * The property of an instance that holds its {@link IsolatedApp}. Child instances inherit it; all copies of the
 * package use the same symbol.
 */
const ISOLATED_APP: unique symbol = Symbol.for('fastify-isolate.app') as never

/** Makes the process leave, for a verdict or because the app asks for it. No method throws. */
export interface LeaveControl {
  readonly state: IsolationState
  readonly recycleDue: number | undefined
  /** @param announce Logs the fault. Called once `state` is `leaving`. */
  fatal(fault: Fault, announce: () => void): void
  recycle(fault: Fault): void
  /** Called where an error has escaped. */
  escaped(): void
  /** Called each second in which the app is sick. */
  sick(sickness: Sickness): void
  leave(reason?: string): Promise<void>
}

/** Closes and releases routes. */
export interface QuarantineControl extends Quarantine {
  /** Tells the other processes why this one leaves. Never rejects. */
  leaving(report: CrashReport): Promise<void>
}

/** An error to record as a fault, and what is known about it. */
export interface FoundError {
  readonly error: unknown
  readonly origin: Origin
  readonly attributedTo: Attribution
  /** The request that it belongs to, if any. */
  readonly context: RequestContext | undefined
  /** The name of the job that it belongs to, if any. */
  readonly job?: string | undefined
  /** More fields for the log line. */
  readonly extra?: Record<string, unknown> | undefined
  /** The verdict that stands, whatever is proposed and classified. */
  readonly verdict?: Verdict | undefined
  /** Runs later what must not run now: the way out, and the listeners of faults. */
  readonly later?: ((run: () => void) => void) | undefined
}

/** The faults that may have broken what all requests share. */
const MAY_HARM_OTHERS: ReadonlySet<Origin> = new Set(['rejection', 'exception', 'runaway'])

/**
 * An app that registered the plugin, with its options, fault counts and requests in flight. All parts of the plugin
 * share it.
 */
export class IsolatedApp {
  readonly fastify: FastifyInstance
  readonly options: ResolvedOptions
  readonly ledger: Ledger = new Ledger()
  /** The requests that are being answered, oldest first. */
  readonly requests: InFlight = new InFlight()
  /** Watches the app from the first error on that escapes in the process. */
  readonly sickWatch: SickWatch = new SickWatch(
    () => waitingRequests(this.requests),
    (sickness) => this.leaveControl?.sick(sickness),
  )
  /**
   * Whether the app has listened or received a request. An error outside of requests before that is a boot failure.
   */
  hasServed = false
  /**
   * Set once the app refuses new requests: answers a request from `inject()`, which no server sees, with 503.
   * Returns false for a request that is still served.
   */
  refuseLate: ((request: FastifyRequest, reply: FastifyReply) => boolean) | undefined = undefined
  /** Whether its boot is held because it died too often: there is nothing to close yet. */
  isHeld = false
  /** Undefined until `addToProcess()` has run. */
  leaveControl: LeaveControl | undefined = undefined
  /** Undefined where nothing is recorded. */
  recorder: RecorderControl | undefined = undefined
  /** Undefined where no route is ever closed. */
  quarantine: QuarantineControl | undefined = undefined
  /** The newest fault of each error that is still in use. */
  readonly #faults: ErrorMarks<Fault> = new ErrorMarks()
  readonly #rateLimit: LogRateLimit
  readonly #listeners: FaultListeners

  constructor(fastify: FastifyInstance, options: ResolvedOptions) {
    this.fastify = fastify
    this.options = options
    this.#listeners = new FaultListeners(options.onFault)
    const { burst, window } = options.log
    this.#rateLimit = new LogRateLimit(burst, window, (held) => {
      logHeldBack(fastify.log, held, this.isUnheard)
    })
    Object.defineProperty(fastify, ISOLATED_APP, { value: this, configurable: true })
  }

  /** Limits the lines about requests that are no faults. */
  get lines(): LineLimit {
    return this.#rateLimit
  }

  get state(): IsolationState {
    return this.leaveControl?.state ?? 'serving'
  }

  /** Whether neither `onFault` nor a subscriber of the channel is told of faults. */
  get isUnheard(): boolean {
    return !this.#listeners.hasAny
  }

  /** Logs how many faults the rate limit held back, and stops limiting because the app closes. Never throws. */
  endRateLimit(): void {
    this.#rateLimit.end()
  }

  /**
   * Records an error as a fault: classifies, counts, logs and announces it, and makes the process leave where the
   * verdict says so. Only this function creates faults. Never throws.
   */
  recordFault(found: FoundError): Fault {
    const { context, later } = found
    const log = this.#logOf(context)
    const { error, origin, attributedTo, job } = found
    const request = context?.snapshot()
    const fault = new NewFault({ error, origin, attributedTo, request, job }, this.hasServed)
    context?.remember(fault)
    this.#faults.set(error, fault)
    this.#classify(fault, context, log)
    if (found.verdict !== undefined) fault.verdict = found.verdict
    const { fingerprint, isLogged } = this.#rateLimit.judge(fault)
    this.ledger.add(fault, fingerprint)
    this.recorder?.faulted(fault, fingerprint)
    if (MAY_HARM_OTHERS.has(fault.origin)) this.leaveControl?.escaped()
    const leaveControl = fault.verdict === 'fatal' ? this.leaveControl : undefined
    if (later !== undefined) {
      if (isLogged) this.#log(fault, found, log)
      later(this.#tellLater(fault, context, log, leaveControl))
    } else {
      if (leaveControl !== undefined) leaveControl.fatal(fault, this.#tellOnLeave(fault, found, log))
      else if (isLogged) this.#log(fault, found, log)
      this.#announce(fault, context, log)
    }
    if (fault.verdict === 'recycle') this.leaveControl?.recycle(fault)
    return fault
  }

  // A closure in `recordFault` would cost each fault an object that holds its variables.

  #tellLater(
    fault: Fault,
    context: RequestContext | undefined,
    log: FastifyBaseLogger,
    leaveControl: LeaveControl | undefined,
  ): () => void {
    return () => {
      leaveControl?.fatal(fault, () => {})
      this.#announce(fault, context, log)
    }
  }

  #tellOnLeave(fault: Fault, found: FoundError, log: FastifyBaseLogger): () => void {
    return () => this.#log(fault, found, log)
  }

  /**
   * Returns the fault that this very error already is: of that request, or without one of any. An error object that an
   * app throws in several requests is a fault of each.
   */
  faultOf(error: unknown, context: RequestContext | undefined): Fault | undefined {
    const last = context?.lastFault
    if (last !== undefined && Object.is(last.error, error)) return last
    const fault = this.#faults.get(error)
    return context === undefined || fault?.request === context.snapshot() ? fault : undefined
  }

  #logOf(context: RequestContext | undefined): FastifyBaseLogger {
    return context === undefined ? this.fastify.log : (context.request?.log ?? context.log)
  }

  #classify(fault: NewFault, context: RequestContext | undefined, log: FastifyBaseLogger): void {
    const { classify } = context?.route ?? this.options
    if (classify === undefined) return
    const proposed = fault.verdict
    try {
      const verdict: unknown = classify(shown(fault), proposed)
      if (isVerdict(verdict)) fault.verdict = verdict
      else if (verdict !== undefined) {
        ignoreRejection(verdict)
        throw new TypeError("Expected `classify` to return 'contain', 'recycle', 'fatal' or undefined")
      }
    } catch (failure) {
      const message = `the \`classify\` option failed: the verdict stays '${proposed}'`
      const { route, id: reqId } = fault.request ?? { route: undefined, id: undefined }
      if (this.lines.admitsLine({ level: 'error', message, route, reqId })) logFailure(log, failure, message)
    }
  }

  #log(fault: Fault, { context, extra }: FoundError, log: FastifyBaseLogger): void {
    const { fastifyRequest: request, hasEndedWell: isFinished } = context ?? {}
    logFault(log, fault, { request, isFinished, extra, isUnheard: this.isUnheard })
  }

  #announce(fault: Fault, context: RequestContext | undefined, log: FastifyBaseLogger): void {
    if (!this.#listeners.hasAny) return
    const message = { fault: shown(fault), request: context?.fastifyRequest, reply: context?.reply }
    const { escapes } = context?.route ?? this.options
    // With `escapes: false` nothing reads the context, and keeping one costs time.
    this.#listeners.announce(message, log, escapes ? makeIsSameRequest() : undefined)
  }

  /**
   * Counts and announces what became of a request that an error escaped from. Never throws.
   *
   * @param fault What escaped from it first.
   */
  recordOutcome(context: RequestContext, fault: Fault, outcome: RequestOutcome): void {
    if (outcome === 'forced' || outcome === 'cut') this.ledger.addForced()
    this.#listeners.announceOutcome({ fault: shown(fault), outcome }, context.log, makeIsSameRequest())
  }
}

/**
 * Returns the {@link IsolatedApp} of an instance; undefined where the plugin is registered neither on it nor on a
 * parent.
 */
export function isolatedAppOf(fastify: FastifyInstance): IsolatedApp | undefined {
  return (fastify as { [ISOLATED_APP]?: IsolatedApp })[ISOLATED_APP]
}
