import type { Fault } from '../fault/fault.ts'
import { EXIT_FATAL, EXIT_RECYCLE, exitCodeFor } from '../options/exit-codes.ts'
import { buildReport, type CrashReport, type LeaveReason, type Phase } from '../report/report.ts'
import { announceLeave } from './announce-leave.ts'
import { Exit } from './exit.ts'
import { flushLogs } from './flush-logs.ts'
import { LeaveLog } from './leave-log.ts'
import type { Resident } from './leaving-app.ts'
import { runOnLeave } from './on-leave.ts'
import { keepReport } from './save-report.ts'
import { within } from './settles-within.ts'
import { startWatchdog, WATCHDOG_MARGIN, type Watchdog } from './watchdog.ts'

/** What `leave()` may be told besides the reason. */
export interface Details {
  /** The signal, or the text of a plain `leave(reason)`. */
  readonly note?: string | undefined
  /** Logs the fatal line: runs when the state says `leaving`, before the report is written. */
  readonly announce?: (() => void) | undefined
}

/** Milliseconds that `onClose` hooks have at least, where the deadline has passed. */
const CLOSE_FLOOR = 250
/** Milliseconds that the logs have at least. Both floors together stay below the watchdog's margin. */
const FLUSH_FLOOR = 1_000

/** One way out, from the first step to the exit. Nothing in here throws. */
export class Departure {
  /** Settles when all is done, just before the process exits. */
  readonly done: Promise<void>
  readonly #residents: Resident[]
  readonly #reason: LeaveReason
  readonly #fault: Fault | undefined
  readonly #details: Details
  readonly #log: LeaveLog
  readonly #exit: Exit
  readonly #startedAt: number = performance.now()
  readonly #drainDelay: number
  readonly #deadline: number
  #isAccepting = true
  #watchdog: Watchdog | undefined
  #settle: () => void = () => {}

  constructor(residents: Resident[], reason: LeaveReason, fault: Fault | undefined, details: Details) {
    this.done = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.#residents = residents
    this.#reason = reason
    this.#fault = fault
    this.#details = details
    this.#log = new LeaveLog(residents)
    const codes = residents[0]?.leave.exitCodes ?? { fatal: EXIT_FATAL, recycle: EXIT_RECYCLE }
    this.#exit = new Exit(residents, exitCodeFor(reason, codes), this.#log)
    // Nobody is given less than it asked for.
    this.#deadline = longest(
      residents.map(({ leave }) => leave.deadline),
      residents.length > 0 ? 0 : 10_000,
    )
    this.#drainDelay = longest(
      residents
        .filter(
          ({ leave }) =>
            reason === 'recycle' || reason === 'signal' || (reason === 'fatal' && leave.drainFatal),
        )
        .map(({ leave }) => leave.drainDelay),
      0,
    )
  }

  /** Walks all the steps. The first one, up to the written report, is done when this returns. */
  start(): Promise<void> {
    this.#startWatchdog()
    this.#exit.claim()
    const phase = this.#phase()
    for (const resident of this.#residents) this.#try(() => resident.startLeaving())
    const report = buildReport(
      {
        reason: this.#reason,
        note: this.#details.note,
        phase,
        exitCode: this.#exit.code,
        fault: this.#fault,
      },
      this.#residents,
    )
    announceLeave(report, (failure) => this.#log.trouble(failure, 'a listener of the channel failed'))
    this.#try(() => this.#details.announce?.())
    this.#log.leaving(report, this.#deadline)
    if (this.#reason !== 'signal') keepReport(report, this.#residents, this.#log)
    return this.#walk(report)
  }

  /** A resident that came after the start. */
  join(resident: Resident): void {
    this.#residents.push(resident)
    this.#try(() => resident.startLeaving())
    if (!this.#isAccepting) this.#try(() => resident.stopAccepting())
  }

  /** Ends the process at once. */
  interrupt(code: number): void {
    this.#log.warn('interrupted: what is in flight is cut')
    this.#exit.now(code)
  }

  /** An error that escaped on the way out, and that nobody else handles. */
  escaped(error: unknown): void {
    this.#log.trouble(error, 'an error escaped on the way out: the drain goes on')
  }

  /** A signal that changes nothing. */
  ignore(signal: NodeJS.Signals): void {
    const hint = signal === 'SIGINT' ? '; once more ends it at once' : ''
    this.#log.info(`${signal}: the process is leaving already${hint}`)
  }

  async #walk(report: CrashReport): Promise<void> {
    if (this.#drainDelay > 0) await within(new Promise(() => {}), this.#drainDelay)
    this.#isAccepting = false
    for (const resident of this.#residents) this.#try(() => resident.stopAccepting())
    // A loop: residents may join until the end.
    const drained = this.#each((resident) => resident.drained())
    const told = this.#each((resident) => runOnLeave(resident, report, this.#log, this.#exit))
    const inTime = await within(Promise.all([drained, told]), this.#left())
    if (!inTime) this.#cut()
    const closed = await within(
      this.#each((resident) => resident.close()),
      Math.max(this.#left(), CLOSE_FLOOR),
    )
    if (!closed) this.#log.warn('app.close() did not end in time: its onClose hooks were left')
    this.#log.left(this.#reason, this.#exit.code, performance.now() - this.#startedAt)
    await flushLogs(this.#log.loggers, Math.max(this.#left(), FLUSH_FLOOR), this.#exit.isForGood)
    this.#settle()
    try {
      this.#exit.leave()
    } finally {
      // Test runners put something in the place of `process.exit` that returns or throws.
      this.#exit.release()
      this.#watchdog?.callOff()
    }
  }

  #startWatchdog(): void {
    if (!this.#exit.isForGood) return
    this.#watchdog = startWatchdog(this.#drainDelay + this.#deadline + WATCHDOG_MARGIN, (failure) =>
      this.#log.trouble(failure, 'the watchdog could not be started'),
    )
  }

  #phase(): Phase {
    return this.#residents.some((resident) => resident.hasServed()) ? 'serving' : 'boot'
  }

  /** Milliseconds until the deadline. */
  #left(): number {
    return Math.max(0, this.#drainDelay + this.#deadline - (performance.now() - this.#startedAt))
  }

  #cut(): void {
    for (const resident of this.#residents) {
      this.#try(() => {
        const requests = resident.cut()
        if (requests.length > 0) this.#log.cut(resident, requests)
      })
    }
  }

  #each(what: (resident: Resident) => Promise<unknown>): Promise<unknown> {
    return Promise.all(
      this.#residents.map(async (resident) => {
        try {
          await what(resident)
        } catch (failure) {
          this.#log.trouble(failure, 'a step of the way out failed')
        }
      }),
    )
  }

  #try(step: () => void): void {
    try {
      step()
    } catch (failure) {
      this.#log.trouble(failure, 'a step of the way out failed')
    }
  }
}

function longest(milliseconds: number[], otherwise: number): number {
  return milliseconds.reduce((most, each) => Math.max(most, each), otherwise)
}
