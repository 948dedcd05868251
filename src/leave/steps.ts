import { isMainThread } from 'node:worker_threads'
import type { Fault } from '../fault/fault.ts'
import { EXIT_FATAL, EXIT_LOOP, EXIT_RECYCLE } from '../options/exit-codes.ts'
import { buildReport } from '../report/build.ts'
import type { CrashReport, LeaveReason, Phase, Sickness } from '../report/crash-report.ts'
import { settlesWithin } from '../settles-within.ts'
import { tellLeaving } from '../systemd/service.ts'
import { announceLeave } from './announce-leave.ts'
import { Exit } from './exit.ts'
import { exitCodeFor } from './exit-code.ts'
import { flushLogs } from './flush-logs.ts'
import { LeaveLog } from './leave-log.ts'
import { LeaveTime } from './leave-time.ts'
import type { LeavingApp } from './leaving-app.ts'
import { runOnLeave } from './on-leave.ts'
import { saveReport } from './save-report.ts'
import { threadsAreDone } from './stuck-threads.ts'
import { aboutLeave, startWatchdog, WATCHDOG_MARGIN, type Watchdog } from './watchdog.ts'

/** What `leave()` takes besides the reason and the fault. */
export interface Details {
  /** The signal, or the argument of `app.isolation.leave(reason)`. */
  readonly note?: string | undefined
  /** Why the process takes itself for sick, where it leaves for that. */
  readonly sick?: Sickness | undefined
  /** Logs the fatal fault. Called when the state is `leaving` and the report is written. */
  readonly announce?: (() => void) | undefined
}

/** Milliseconds that `onClose` hooks get at least, also past the deadline. */
const CLOSE_FLOOR = 250
/** Milliseconds that flushing the logs gets at least. Both, and what stuck threads get, are less than the watchdog's margin. */
const FLUSH_FLOOR = 1_000

/** The steps by which the process leaves, from the first one to the exit. No method throws. */
export class LeaveSteps {
  /** Settles when all is done, just before the process exits. */
  readonly done: Promise<void>
  readonly #apps: LeavingApp[]
  readonly #reason: LeaveReason
  readonly #fault: Fault | undefined
  readonly #details: Details
  readonly #log: LeaveLog
  readonly #exit: Exit
  readonly #time: LeaveTime
  #isAccepting = true
  #watchdog: Watchdog | undefined
  #stopTelling: () => void = () => {}
  #settle: () => void = () => {}
  #stopWatchingLogs: () => void = () => {}

  constructor(apps: LeavingApp[], reason: LeaveReason, fault: Fault | undefined, details: Details) {
    this.done = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.#apps = apps
    this.#reason = reason
    this.#fault = fault
    this.#details = details
    this.#log = new LeaveLog(apps)
    const codes = apps[0]?.leave.exitCodes ?? { fatal: EXIT_FATAL, recycle: EXIT_RECYCLE, loop: EXIT_LOOP }
    this.#exit = new Exit(apps, exitCodeFor(reason, codes), this.#log)
    this.#time = new LeaveTime(apps, reason)
  }

  /** Takes all steps. Those up to the crash report are done when this returns. */
  start(): Promise<void> {
    this.#startWatchdog()
    this.#exit.fixCode()
    const phase: Phase = this.#apps.some((app) => app.hasServed()) ? 'serving' : 'boot'
    for (const app of this.#apps) this.#startLeaving(app)
    const report = buildReport(
      {
        reason: this.#reason,
        note: this.#details.note,
        sick: this.#details.sick,
        phase,
        exitCode: this.#exit.code,
        fault: this.#fault,
      },
      this.#apps,
    )
    const saved = this.#reason === 'signal' ? [] : saveReport(report, this.#apps)
    this.#stopWatchingLogs = this.#log.watchDestinations()
    announceLeave(report, (failure) => this.#log.trouble(failure, 'a listener of the channel failed'))
    this.#try(() => this.#details.announce?.())
    this.#log.leaving(report, this.#time.deadline)
    for (const tell of saved) this.#try(() => tell(this.#log))
    return this.#takeSteps(report)
  }

  /** Adds an app that was registered after the start. */
  addApp(app: LeavingApp): void {
    this.#apps.push(app)
    this.#startLeaving(app)
    if (!this.#isAccepting) this.#try(() => app.stopAccepting())
  }

  #startLeaving(app: LeavingApp): void {
    const mark = { reason: this.#reason, exitCode: this.#exit.code, note: this.#details.note }
    this.#try(() => app.startLeaving(mark))
  }

  /** Ends the process at once. */
  interrupt(code: number): void {
    this.#log.warn('interrupted: what is in flight is cut')
    this.#exit.now(code)
  }

  /** Logs an error that escaped while the process leaves, and that no other listener handles. */
  escaped(error: unknown): void {
    this.#log.trouble(error, 'an error escaped on the way out: the drain goes on')
  }

  /** Logs a signal that changes nothing. */
  ignore(signal: NodeJS.Signals): void {
    const hint = signal === 'SIGINT' ? '; once more ends it at once' : ''
    this.#log.info(`${signal}: the process is leaving already${hint}`)
  }

  async #takeSteps(report: CrashReport): Promise<void> {
    if (this.#time.drainDelay > 0) await settlesWithin(new Promise(() => {}), this.#time.drainDelay)
    this.#isAccepting = false
    for (const app of this.#apps) this.#try(() => app.stopAccepting())
    // Before the drain ends WebSockets and event streams: an `onLeave` may have a last word for them.
    const notified = this.#each((app) =>
      Promise.all([app.tellOthers(report), runOnLeave(app, report, this.#log, this.#exit)]),
    )
    const drained = this.#each((app) => app.drained())
    const inTime = await settlesWithin(Promise.all([drained, notified]), this.#time.left)
    if (!inTime) this.#cut()
    // A plugin that threw may never end its boot, and what has not served has nothing to end in order.
    const waitForBoot = this.#reason !== 'fatal' && this.#reason !== 'crash-loop'
    const closed = await settlesWithin(
      this.#each((app) => app.close(waitForBoot)),
      Math.max(this.#time.left, CLOSE_FLOOR),
    )
    if (!closed) this.#log.warn('app.close() did not end in time: its onClose hooks were left')
    this.#log.left(this.#reason, this.#exit.code, this.#time.taken)
    const isStuck = await this.#flush()
    this.#settle()
    try {
      this.#exit.leave(isStuck)
    } finally {
      // A test runner may replace `process.exit` with a function that returns or throws.
      this.#exit.release()
      this.#stopWatchingLogs()
      this.#watchdog?.callOff()
      this.#stopTelling()
    }
  }

  /** @returns Whether a thread is stuck, for which an exit would wait. */
  async #flush(): Promise<boolean> {
    const { isForGood } = this.#exit
    const late = await flushLogs(this.#log.loggers, Math.max(this.#time.left, FLUSH_FLOOR), isForGood)
    if (isForGood) this.#log.repeatLost(late.size > 0)
    return isForGood && isMainThread && !(await threadsAreDone(late))
  }

  #startWatchdog(): void {
    if (!this.#exit.isForGood) return
    const { drainDelay, deadline } = this.#time
    const within = drainDelay + deadline + WATCHDOG_MARGIN
    this.#watchdog = startWatchdog(
      within,
      aboutLeave(this.#reason, this.#exit.code, this.#fault),
      (failure) => this.#log.trouble(failure, 'the watchdog could not be started'),
    )
    this.#stopTelling = tellLeaving(within)
  }

  #cut(): void {
    for (const app of this.#apps) {
      this.#try(() => {
        const requests = app.cut()
        if (requests.length > 0) this.#log.cut(app, requests)
      })
    }
  }

  #each(what: (app: LeavingApp) => Promise<unknown>): Promise<unknown> {
    return Promise.all(
      this.#apps.map(async (app) => {
        try {
          await what(app)
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
