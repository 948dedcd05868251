import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Attribution, Fault, FaultRequest, Origin, Verdict } from './fault/fault.ts'
import { fingerprintOf } from './fault/fingerprint.ts'
import { type FaultCounts, Ledger } from './fault/ledger.ts'
import { isVerdict, proposeVerdict } from './fault/verdict.ts'
import { logFault, logHeldBack, logTrouble } from './log/log.ts'
import { announceFault, type FaultListener } from './log/on-fault.ts'
import { Storm } from './log/rate-limit.ts'
import type { ResolvedOptions } from './options/resolve.ts'
import { contextOf, type RequestContext } from './request/context.ts'
import { InFlight } from './request/in-flight.ts'
import { disown } from './triage/expected.ts'

/** Whether the process serves or leaves. */
export type IsolationState = 'serving' | 'leaving'

/** What a registered plugin starts when a verdict is more than `contain`. Neither may throw. */
export interface Exits {
  readonly state: IsolationState
  /** @param announce Logs the fault: runs when the state says `leaving`. */
  fatal(fault: Fault, announce: () => void): void
  recycle(fault: Fault): void
  leave(reason?: string): Promise<void>
}

class NewFault implements Fault {
  readonly id: string = randomUUID()
  readonly at: number = Date.now()
  readonly error: unknown
  readonly origin: Origin
  readonly attributedTo: Attribution
  readonly request: FaultRequest | undefined
  readonly fingerprint: string
  verdict: Verdict

  constructor(
    error: unknown,
    origin: Origin,
    attributedTo: Attribution,
    request: FaultRequest | undefined,
    verdict: Verdict,
  ) {
    this.error = error
    this.origin = origin
    this.attributedTo = attributedTo
    this.request = request
    this.fingerprint = fingerprintOf(error)
    this.verdict = verdict
  }
}

/** `app.isolation`: what the plugin knows and can be told. */
export class Isolation {
  readonly #app: FastifyInstance
  readonly #options: ResolvedOptions
  readonly #ledger: Ledger
  readonly #inFlight: InFlight = new InFlight()
  #exits: Exits | undefined
  readonly #storm: Storm
  readonly #brokenListeners: Set<FaultListener> = new Set()

  /** @internal */
  constructor(app: FastifyInstance, options: ResolvedOptions, ledger: Ledger = new Ledger()) {
    this.#app = app
    this.#options = options
    this.#ledger = ledger
    const { burst, window } = options.log
    this.#storm = new Storm(burst, window, (held) => logHeldBack(app.log, held))
  }

  /** Whether the process serves or leaves. */
  get state(): IsolationState {
    return this.#exits?.state ?? 'serving'
  }

  /** How many faults there were so far, by origin and by verdict: a frozen copy. */
  get counts(): FaultCounts {
    return this.#ledger.counts
  }

  /**
   * Makes a fault of an error that the app caught itself: logged, counted, classified and announced like any other.
   * It answers nobody.
   *
   * @param error - Any value.
   * @param request - The request that it belongs to, if any.
   * @returns The fault.
   */
  report(error: unknown, request?: FastifyRequest): Fault {
    const context = contextOf(request)
    return this.settle(error, 'handler', request === undefined ? 'none' : 'call', context)
  }

  /**
   * Makes the process leave: it drains, flushes its logs and exits with 0.
   *
   * @param reason - Why, for the log.
   * @returns Settles when the drain is over, just before the process exits.
   */
  leave(reason?: string): Promise<void> {
    return this.#exits?.leave(reason) ?? Promise.resolve()
  }

  /** @internal The requests that are being answered, oldest first. */
  get inFlight(): InFlight {
    return this.#inFlight
  }

  /** @internal */
  get ledger(): Ledger {
    return this.#ledger
  }

  /** @internal */
  leaveThrough(exits: Exits): void {
    this.#exits = exits
  }

  /** @internal Tells what a storm held back, for the app closes: from now on every fault is logged. Never throws. */
  endStorm(): void {
    this.#storm.end()
  }

  /** @internal See {@link Boundary}. */
  turnAway: ((request: FastifyRequest, reply: FastifyReply) => boolean) | undefined = undefined

  /** @internal Whether it has listened or was given a request: what fails before that is a boot failure. */
  hasServed = false

  /** @internal */
  arrived(context: RequestContext): void {
    this.hasServed = true
    this.#inFlight.add(context)
  }

  /** @internal */
  left(context: RequestContext): void {
    this.#inFlight.delete(context)
  }

  /** @internal Never throws. */
  settle(
    error: unknown,
    origin: Origin,
    attributedTo: Attribution,
    context: RequestContext | undefined,
    extra?: Record<string, unknown>,
  ): Fault {
    const log = this.#logOf(context)
    const request = context?.snapshot()
    const fault = new NewFault(
      error,
      origin,
      attributedTo,
      request,
      proposeVerdict(error, origin, attributedTo),
    )
    this.#classify(fault, context, log)
    this.#ledger.add(fault)
    const write = (): void => {
      if (this.#storm.admits(fault)) logFault(log, fault, { request: context?.request, extra })
    }
    if (fault.verdict === 'fatal' && this.#exits !== undefined) this.#exits.fatal(fault, write)
    else write()
    this.#announce(fault, context, log)
    if (fault.verdict === 'recycle') this.#exits?.recycle(fault)
    return fault
  }

  #logOf(context: RequestContext | undefined): FastifyBaseLogger {
    return context === undefined ? this.#app.log : (context.request?.log ?? context.log)
  }

  #classify(fault: NewFault, context: RequestContext | undefined, log: FastifyBaseLogger): void {
    const { classify } = context?.route ?? this.#options
    if (classify === undefined) return
    const proposed = fault.verdict
    try {
      const verdict: unknown = classify(fault, proposed)
      if (isVerdict(verdict)) fault.verdict = verdict
      else if (verdict !== undefined) {
        disown(verdict)
        throw new TypeError("Expected `classify` to return 'contain', 'recycle', 'fatal' or undefined")
      }
    } catch (failure) {
      logTrouble(log, 'error', failure, `the \`classify\` option failed: the verdict stays '${proposed}'`)
    }
  }

  #announce(fault: Fault, context: RequestContext | undefined, log: FastifyBaseLogger): void {
    const { onFault } = this.#options
    const message = { fault, request: context?.request, reply: context?.reply }
    announceFault(message, onFault, (listener, failure) => {
      if (this.#brokenListeners.has(listener)) return
      this.#brokenListeners.add(listener)
      logTrouble(log, 'error', failure, 'a listener of faults failed: its next failures are not logged')
    })
  }
}
