import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { attempt } from '../attempt.ts'
import { routeKey } from '../deaths/route-key.ts'
import type { Fault } from '../fault/fault.ts'
import { fingerprintOf } from '../fault/fingerprint.ts'
import { serializeError } from '../fault/serialize.ts'
import { writeEndMark } from '../flight/end-mark.ts'
import type { EndMark } from '../flight/layout.ts'
import { killedCode, killProcess } from '../kill-process.ts'
import { requestName } from '../log/describe-fault.ts'
import { buildReport } from '../report/build.ts'
import type { CrashReport } from '../report/crash-report.ts'
import { writeReportFile } from '../report/file.ts'
import { writeTerminationLog } from '../report/termination-log.ts'
import { withoutQuery } from '../without-query.ts'
import { lookAtBoard } from './on-board.ts'
import { RunawayError } from './runaway-error.ts'
import type { Suspect } from './shared-words.ts'
import type { AppData } from './thread-data.ts'

const FATAL = 60
const STDERR = 2
/** The most requests of the log line. */
const MAX_LOGGED = 20

/**
 * Ends, from the watching thread, a process whose main thread is in native code for too long. No JavaScript can run
 * there any more, so the thread writes why, and who was served.
 *
 * @param blocked Milliseconds for which the event loop is blocked.
 * @param suspect What ran when the main thread answered last.
 */
export function endProcess(
  pid: number,
  apps: readonly AppData[],
  blocked: number,
  suspect: Suspect | undefined,
): void {
  try {
    const fault = faultOf(blocked, suspect)
    const report = reportOf(apps, fault)
    attempt(() => logFatal(pid, blocked, fault, report), undefined)
    for (const path of apps.flatMap(({ flight }) => flight ?? [])) {
      attempt(() => writeEndMark(path, endOf(fault, blocked)), undefined)
    }
    for (const folder of new Set(apps.flatMap(({ reportDir }) => reportDir ?? [])))
      writeReportFile(folder, report)
    for (const file of new Set(apps.flatMap(({ terminationLog }) => terminationLog || []))) {
      writeTerminationLog(file, report)
    }
  } finally {
    killProcess()
  }
}

function endOf({ request, at }: Fault, blocked: number): EndMark {
  const because = `killed in native code that had blocked the event loop for ${blocked} ms`
  const culprit = request && { culprit: routeKey(request.method, request.route) }
  return { fatal: { cause: 'runaway', because, ...culprit, at } }
}

function faultOf(blocked: number, suspect: Suspect | undefined): Fault {
  const error = new RunawayError(blocked)
  error.stack = suspect?.stack ?? ''
  const request = suspect?.request
  return {
    id: randomUUID(),
    error,
    origin: 'runaway',
    verdict: 'fatal',
    attributedTo: request === undefined ? 'none' : 'context',
    request,
    job: undefined,
    fingerprint: fingerprintOf(error),
    at: Date.now(),
  }
}

function reportOf(apps: readonly AppData[], fault: Fault): CrashReport {
  const boards = apps.map(lookAtBoard)
  const reported = apps.map(({ fastifyVersion }, i) => ({
    fastifyVersion,
    fingerprints: () => [],
    inFlight: () => [...(boards[i]?.requests ?? [])],
  }))
  const about = { reason: 'fatal', note: undefined, phase: 'serving', exitCode: killedCode(), fault } as const
  return {
    ...buildReport(about, reported),
    inFlightTotal: boards.reduce((sum, { total }) => sum + total, 0),
    // the rest would be that of this thread
    memory: { rss: process.memoryUsage.rss() },
    eventLoopDelay: null,
    threadId: 0,
  }
}

function logFatal(pid: number, blocked: number, fault: Fault, report: CrashReport): void {
  const { id, origin, verdict, fingerprint, attributedTo, request } = fault
  // the newest is the first to suspect
  const first = request ?? report.inFlight.at(-1)
  const whose = first === undefined ? '' : `, perhaps of ${requestName(first)},`
  const line = {
    level: FATAL,
    time: fault.at,
    pid,
    hostname: hostname(),
    reqId: request?.id,
    err: serializeError(fault.error),
    fault: { id, origin, verdict, fingerprint, attributedTo },
    req: request && { method: request.method, url: withoutQuery(request.url), route: request.route },
    blocked,
    inFlight: report.inFlight.toReversed().slice(0, MAX_LOGGED),
    inFlightTotal: report.inFlightTotal,
    msg: `native code${whose} has blocked the event loop for ${blocked} ms and cannot be interrupted: the process is killed`,
  }
  writeSync(STDERR, `${JSON.stringify(line)}\n`)
}
