import type { Fault } from '../fault/fault.ts'
import type { LeaveReason } from '../report/crash-report.ts'
import { unwatchEventLoop, watchEventLoop } from '../report/event-loop-delay.ts'
import { EscapesWhileLeaving } from '../uncaught/while-leaving.ts'
import { EXIT_INTERRUPTED } from './exit-code.ts'
import { LeaveLog } from './leave-log.ts'
import type { LeavingApp } from './leaving-app.ts'
import { Recycling } from './recycle.ts'
import { Signals } from './signals.ts'
import { type Details, LeaveSteps } from './steps.ts'

/**
 * The global property with the {@link ProcessLeave} of the process. All copies of this package, of any version, use
 * that of the first copy.
 */
const SHARED: unique symbol = Symbol.for('fastify-isolate.leave') as never

/** How the process leaves, for all apps and all copies of the package: a change of this type needs another symbol. */
export interface ProcessLeave {
  /** Whether the process leaves. */
  isLeaving(): boolean
  /** Adds an app to drain when the process leaves. If the process is leaving already, the app leaves too. */
  addApp(app: LeavingApp): void
  /** Removes an app that has closed. The last one takes every listener and timer with it. */
  removeApp(app: LeavingApp): void
  /** See {@link watchApps}. */
  watchApps(): void
  /** See {@link leave}. */
  leave(reason: LeaveReason, fault?: Fault, details?: Details): Promise<void>
  /** See {@link recycle}. */
  recycle(recycleAfter: number, spread: number, fault?: Fault): void
  /** See {@link recycleDue}. */
  recycleDue(): number | undefined
}

class SharedLeave implements ProcessLeave {
  readonly #apps: Set<LeavingApp> = new Set()
  readonly #signals: Signals = new Signals((signal) => this.#receive(signal))
  readonly #recycling: Recycling = new Recycling((fault) => {
    void this.leave('recycle', fault)
  })
  readonly #escapes: EscapesWhileLeaving = new EscapesWhileLeaving((error) => this.#steps?.escaped(error))
  #steps: LeaveSteps | undefined
  #interrupts = 0

  isLeaving(): boolean {
    return this.#steps !== undefined
  }

  addApp(app: LeavingApp): void {
    if (this.#apps.has(app)) return
    if (this.#apps.size === 0) watchEventLoop()
    this.#apps.add(app)
    this.#signals.want(app.leave.signals)
    this.#steps?.addApp(app)
  }

  removeApp(app: LeavingApp): void {
    if (!this.#apps.delete(app)) return
    this.#signals.release(app.leave.signals)
    if (this.#apps.size > 0) return
    this.#recycling.cancel()
    unwatchEventLoop()
  }

  watchApps(): void {
    if (this.#steps !== undefined) return
    for (const app of this.#apps) app.watchForSickness()
  }

  leave(reason: LeaveReason, fault?: Fault, details: Details = {}): Promise<void> {
    if (this.#steps !== undefined) {
      details.announce?.()
      return this.#steps.done
    }
    // What has escaped may be what made the process sick.
    const cause = details.sick === undefined ? fault : this.#recycling.fault
    this.#recycling.cancel()
    this.#signals.startLeaving()
    this.#escapes.start()
    const steps = new LeaveSteps([...this.#apps], reason, cause, details)
    this.#steps = steps
    // Runs only where `leave.exit` did not end the process.
    const over = (): void => {
      this.#steps = undefined
      this.#interrupts = 0
      this.#signals.stopLeaving()
      this.#escapes.stop()
    }
    steps.start().then(over, over)
    return steps.done
  }

  recycle(recycleAfter: number, spread: number, fault?: Fault): void {
    if (this.#steps !== undefined || this.#apps.size === 0) return
    const isEarlier = this.#recycling.demand(recycleAfter, spread, fault)
    const { dueAt } = this.#recycling
    if (isEarlier && dueAt !== undefined) new LeaveLog([...this.#apps]).recycleDue(dueAt)
  }

  recycleDue(): number | undefined {
    return this.#recycling.dueAt
  }

  #receive(signal: NodeJS.Signals): void {
    if (signal === 'SIGINT') this.#interrupts += 1
    if (this.#steps === undefined) {
      void this.leave('signal', undefined, { note: signal })
    } else if (this.#interrupts >= 2) {
      this.#steps.interrupt(EXIT_INTERRUPTED)
    } else {
      this.#steps.ignore(signal)
    }
  }
}

/** Returns the one {@link ProcessLeave} for all apps and all copies of the package. */
export function processLeave(): ProcessLeave {
  const shared = globalThis as { [SHARED]?: ProcessLeave }
  if (shared[SHARED] === undefined) {
    Object.defineProperty(shared, SHARED, { value: new SharedLeave(), configurable: true })
  }
  return shared[SHARED] as ProcessLeave
}

/** Adds an app to drain when the process leaves. */
export function addApp(app: LeavingApp): void {
  processLeave().addApp(app)
}

/** Removes an app that has closed. */
export function removeApp(app: LeavingApp): void {
  processLeave().removeApp(app)
}

/** Makes all apps watch whether they are sick, because an error has escaped: they may share what it broke. */
export function watchApps(): void {
  processLeave().watchApps()
}

/**
 * Makes the process leave: it logs the reason, drains, flushes its logs and exits. A second call only runs its
 * `announce`.
 *
 * @returns Settles when all is done, just before the process exits. Never rejects.
 */
export function leave(reason: LeaveReason, fault?: Fault, details?: Details): Promise<void> {
  return processLeave().leave(reason, fault, details)
}

/**
 * Makes the process leave once it has been up for `recycleAfter` ms, never for `Infinity`, and a random part of
 * `spread` ms after that or after now. Logs when that is, where it is earlier than before. The report names the fault.
 */
export function recycle(recycleAfter: number, spread: number, fault?: Fault): void {
  processLeave().recycle(recycleAfter, spread, fault)
}

/** When the process leaves for a recycle, in milliseconds since the epoch; undefined where none is due. */
export function recycleDue(): number | undefined {
  return processLeave().recycleDue()
}
