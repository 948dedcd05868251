import type { FastifyBaseLogger } from 'fastify'
import { serializeError } from '../fault/serialize.ts'
import { DESTINATION_FAILED, watchDestinations, workingLogger } from '../log/failed-destination.ts'
import type { CrashReport, InFlightRequest, LeaveReason } from '../report/crash-report.ts'
import { describeSickness } from '../report/describe-sickness.ts'
import type { LeavingApp } from './leaving-app.ts'

type Level = 'info' | 'warn' | 'error'

/** The most requests that one line names, the oldest: a client may keep as many as it likes. */
const MAX_CUT = 100

/** The log of a leaving process: each line goes once to each app's logger. No method throws. */
export class LeaveLog {
  readonly #apps: readonly LeavingApp[]

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
    this.#write(
      levelOf(reason),
      { leave: { reason, note, sick, phase, exitCode, deadline, inFlight: inFlightTotal } },
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
    write(log, 'warn', { leave: { cut: requests.slice(0, MAX_CUT) } }, `${many} cut at the deadline`)
  }

  /** Logs the last line: that the process exits. */
  left(reason: LeaveReason, exitCode: number, took: number): void {
    this.#write(
      levelOf(reason),
      { leave: { reason, exitCode, took: Math.round(took) } },
      `left: exit code ${exitCode}`,
    )
  }

  info(message: string): void {
    this.#write('info', {}, message)
  }

  warn(message: string): void {
    this.#write('warn', {}, message)
  }

  /** Logs a failure, to one app or to all of them. */
  trouble(failure: unknown, message: string, app?: LeavingApp): void {
    const line = { err: serializeError(failure) }
    if (app === undefined) this.#write('error', line, message)
    else write(app.log, 'error', line, message)
  }

  #write(level: Level, line: object, message: string): void {
    for (const log of this.loggers) write(log, level, line, message)
  }
}

function levelOf(reason: CrashReport['reason']): Level {
  return reason === 'fatal' || reason === 'recycle' || reason === 'crash-loop' ? 'warn' : 'info'
}

function describe({ reason, note, sick }: CrashReport): string {
  if (sick) return `the process is sick: ${describeSickness(sick)}`
  if (reason === 'fatal') return 'a fault was fatal'
  if (reason === 'recycle') return 'the process is recycled'
  return note ?? (reason === 'signal' ? 'a signal' : 'asked to')
}

function write(log: FastifyBaseLogger, level: Level, line: object, message: string): void {
  try {
    workingLogger(log)[level](line, message)
  } catch {
    // A logger that throws must not keep the process from leaving.
  }
}
