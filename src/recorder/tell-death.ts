import type { FastifyBaseLogger } from 'fastify'
import type { FoundLife } from '../flight/past-lives.ts'
import type { Flight } from '../flight/read-flight.ts'
import { isSilent } from '../log/silence.ts'
import { stderrLogger } from '../log/stderr.ts'
import type { CrashReport, InFlightRequest } from '../report/crash-report.ts'
import { wasWritten, writeReportFile } from '../report/file.ts'

/** How many requests the log line names, the newest. */
const MAX_LOGGED = 20

/**
 * Logs an end that the process saw nothing of, in one line at `error`, and writes its crash report. What saw its own
 * end has told of it.
 *
 * @param folder Where the report is written.
 * @throws What the logger throws.
 */
export function tellDeath(found: FoundLife, log: FastifyBaseLogger, folder: string): void {
  const { startedAt, listenedAt, endedAt, because, death } = found.life
  if (hasTold(found)) return
  const report = suddenReport(found)
  const written = writeReportFile(folder, report)
  const { host, pid, memory, inFlightTotal, lastFaults } = report
  const line = {
    death: {
      host,
      pid,
      startedAt: iso(startedAt),
      listenedAt: listenedAt === undefined ? undefined : iso(listenedAt),
      diedAt: iso(endedAt),
      cause: death?.cause ?? 'sudden',
      culprit: death?.culprit,
    },
    inFlight: report.inFlight.toReversed().slice(0, MAX_LOGGED),
    inFlightTotal,
    lastFaults,
    memory,
    report: wasWritten(written) ? written.path : undefined,
  }
  const target = isSilent(log) ? stderrLogger() : log
  target.error(line, `the process before this one died: ${because}`)
}

/** Whether the process left in order, or could tell of its death. */
function hasTold({ life: { death }, flight }: FoundLife): boolean {
  // no death and no mark: the machine was restarted, and nobody has told of it
  if (death === undefined) return Object.values(flight.end).some((mark) => mark !== undefined)
  return death.cause === 'fatal' || death.cause === 'runaway'
}

/** The crash report of a process that could not write one. */
export function suddenReport({ life, flight }: FoundLife): CrashReport {
  const { header, vitals, end } = flight
  const inFlight: InFlightRequest[] = flight.inFlight
    .map(({ id, route: { method, pattern }, startedAt }) => {
      return { id, method, route: pattern, age: Math.max(0, life.endedAt - startedAt) }
    })
    .reverse()
  return {
    schema: 'fastify-isolate/crash-report',
    version: 1,
    at: iso(life.endedAt),
    reason: 'sudden',
    note: life.because,
    sick: null,
    phase: life.listenedAt === undefined ? 'boot' : 'serving',
    exitCode: end.exit?.code ?? null,
    fault: null,
    inFlight,
    inFlightTotal: Math.max(inFlight.length, vitals?.inFlightTotal ?? 0),
    lastFaults: flight.faults.map((fault) => ({ ...fault, at: iso(fault.at), route: fault.route ?? null })),
    fingerprints: countFingerprints(flight),
    memory:
      vitals === undefined ? {} : { rss: vitals.rss, heapUsed: vitals.heapUsed, heapLimit: vitals.heapLimit },
    eventLoopDelay: null,
    uptime: (life.endedAt - life.startedAt) / 1_000,
    versions: header.versions,
    platform: header.platform,
    host: header.host,
    pid: header.pid,
    threadId: 0,
  }
}

function countFingerprints({ faults }: Flight): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { fingerprint } of faults) counts[fingerprint] = (counts[fingerprint] ?? 0) + 1
  return counts
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
