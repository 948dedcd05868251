import type { FastifyBaseLogger } from 'fastify'
import { attempt } from '../attempt.ts'
import { serializeError } from '../fault/serialize.ts'
import { firstLine, requestName, START_FAILED } from '../log/describe-fault.ts'
import { DESTINATION_FAILED, watchDestinations, workingLogger } from '../log/failed-destination.ts'
import { writeAsIs } from '../log/log.ts'
import { stderrLogger } from '../log/stderr.ts'
import type { CrashReport, InFlightRequest, LeaveReason, ReportedFault } from '../report/crash-report.ts'
import { describeSickness } from '../report/describe-sickness.ts'
import type { LeavingApp } from './leaving-app.ts'

type Level = 'info' | 'warn' | 'error'

/** The most lines that are repeated on stderr. */
const MAX_REPEATED = 50
/** The most requests that one line names, the oldest: a client may keep as many as it likes. */
const MAX_CUT = 100

/** The log of a leaving process: each line goes once to each app's logger. No method throws. */
export class LeaveLog {
  readonly #apps: readonly LeavingApp[]
  readonly #written: [Level, object, string][] = []

  constructor(apps: readonly LeavingApp[]) {
    this.#apps = apps
  }

  /** The loggers of all apps, each once. */
  get loggers(): Set<FastifyBaseLogger> {
    return new Set(this.#apps.map(({ log }) => log))
  }

  /** Follows the destinations, so that one that fails now costs neither the lines nor the process. */
  watchDestinations(): () => void {
    const stops = Array.from(this.loggers, (log) =>
      watchDestinations(log, (failure) =>
        write(log, 'error', { err: serializeError(failure) }, DESTINATION_FAILED),
      ),
    )
    return () => {
      for (const stop of stops) stop()
    }
  }

  /** Logs when the process leaves for a recycle, in milliseconds since the epoch. */
  recycleDue(at: number): void {
    const due = new Date(at).toISOString()
    this.#write('info', { leave: { reason: 'recycle', due } }, `the process will be recycled at ${due}`)
  }

  /** Logs the first line: why the process leaves. */
  leaving(report: CrashReport, deadline: number): void {
    const { reason, phase, exitCode, inFlightTotal } = report
    const note = report.note ?? undefined
    const sick = report.sick ?? undefined
    const fault = report.fault?.id
    this.#write(
      levelOf(reason),
      { leave: { reason, note, sick, fault, phase, exitCode, deadline, inFlight: inFlightTotal } },
      `leaving: ${describe(report)}`,
    )
  }

  /**
   * Logs the requests of an app that were cut at the deadline, in one line.
   *
   * @param requests The oldest first.
   */
  cut({ log }: LeavingApp, requests: readonly InFlightRequest[]): void {
    const many = requests.length === 1 ? '1 request was' : `${requests.length} requests were`
    const cut = requests.slice(0, MAX_CUT)
    this.#write('warn', { leave: { cut } }, `${many} cut at the deadline`, [log])
  }

  /** Logs the last line: that the process exits. */
  left(reason: LeaveReason, exitCode: number, took: number): void {
    this.#write(
      levelOf(reason),
      { leave: { reason, exitCode, took: Math.round(took) } },
      `left: exit code ${exitCode}`,
    )
  }

  /**
   * Repeats on stderr what the log was given and may not have written.
   *
   * @param isLate Whether it is not written in time.
   */
  repeatLost(isLate: boolean): void {
    if (!isLate && [...this.loggers].every((log) => workingLogger(log) === log)) return
    const stderr = attempt(stderrLogger, undefined)
    if (stderr === undefined) return
    write(
      stderr,
      'error',
      {},
      'the log was not written whole: its last lines may be lost, and these are repeated',
    )
    for (const [level, line, message] of this.#written) write(stderr, level, line, message)
  }

  info(message: string): void {
    this.#write('info', {}, message)
  }

  warn(message: string): void {
    this.#write('warn', {}, message)
  }

  /** Logs a failure, to one app or to all of them. */
  trouble(failure: unknown, message: string, app?: LeavingApp): void {
    const logs = app === undefined ? this.loggers : [app.log]
    this.#write('error', { err: serializeError(failure) }, message, logs)
  }

  #write(
    level: Level,
    line: object,
    message: string,
    logs: Iterable<FastifyBaseLogger> = this.loggers,
  ): void {
    if (this.#written.length < MAX_REPEATED) this.#written.push([level, line, message])
    for (const log of logs) write(log, level, line, message)
  }
}

function levelOf(reason: CrashReport['reason']): Level {
  return reason === 'fatal' || reason === 'recycle' || reason === 'crash-loop' ? 'warn' : 'info'
}

function describe({ reason, phase, note, sick, fault }: CrashReport): string {
  if (sick) return `the process is sick: ${describeSickness(sick)}`
  if (reason === 'fatal') return phase === 'boot' ? START_FAILED : 'a fault was fatal'
  // its own line may be ten minutes old
  if (reason === 'recycle')
    return `the process is recycled${fault ? ` after ${describeReported(fault)}` : ''}`
  return note ?? (reason === 'signal' ? 'a signal' : 'asked to')
}

function describeReported({ error, request }: ReportedFault): string {
  const whose = request === null ? '' : ` (${requestName(request)})`
  return `${error.type}: ${firstLine(error.message)}${whose}`
}

function write(log: FastifyBaseLogger, level: Level, line: object, message: string): void {
  try {
    writeAsIs(workingLogger(log), level, line, message)
  } catch {
    // A logger that throws must not keep the process from leaving.
  }
}
