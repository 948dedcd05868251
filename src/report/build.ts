import { hostname } from 'node:os'
import { threadId } from 'node:worker_threads'
import { attempt } from '../attempt.ts'
import type { Fault } from '../fault/fault.ts'
import type { FingerprintCount } from '../fault/ledger.ts'
import { serializeError } from '../fault/serialize.ts'
import { VERSION } from '../version.ts'
import { withoutQuery } from '../without-query.ts'
import type {
  CrashReport,
  InFlightRequest,
  LeaveReason,
  Phase,
  ReportedFault,
  Sickness,
} from './crash-report.ts'
import { eventLoopDelay } from './event-loop-delay.ts'

/** What a report needs of an app. */
export interface ReportedApp {
  /** Fastify's version; null where the plugin has not loaded. */
  readonly fastifyVersion: string | null
  /** How many faults each fingerprint has had. */
  fingerprints(): Iterable<FingerprintCount>
  /** The requests in flight, oldest first. */
  inFlight(): InFlightRequest[]
}

/** What is known when the process begins to leave. */
export interface Circumstances {
  readonly reason: LeaveReason
  readonly note: string | undefined
  readonly sick?: Sickness | undefined
  readonly phase: Phase
  readonly exitCode: number
  readonly fault: Fault | undefined
}

const MAX_IN_FLIGHT = 1_000
const MAX_FINGERPRINTS = 100

/** Builds the report, and leaves a part empty that fails. Never throws. */
export function buildReport(circumstances: Circumstances, apps: readonly ReportedApp[]): CrashReport {
  const inFlight = attempt(() => apps.flatMap((app) => app.inFlight()), [])
  inFlight.sort((a, b) => b.age - a.age)
  return {
    schema: 'fastify-isolate/crash-report',
    version: 1,
    at: new Date().toISOString(),
    reason: circumstances.reason,
    note: circumstances.note ?? null,
    sick: circumstances.sick ?? null,
    phase: circumstances.phase,
    exitCode: circumstances.exitCode,
    fault: attempt(() => reportFault(circumstances.fault), null),
    inFlight: inFlight.slice(0, MAX_IN_FLIGHT),
    inFlightTotal: inFlight.length,
    lastFaults: [],
    fingerprints: attempt(() => countFingerprints(apps), {}),
    memory: attempt<Record<string, number>>(() => ({ ...process.memoryUsage() }), {}),
    eventLoopDelay: attempt(eventLoopDelay, null),
    uptime: process.uptime(),
    versions: {
      node: process.version,
      fastify: attempt(() => apps[0]?.fastifyVersion ?? null, null),
      'fastify-isolate': VERSION,
    },
    platform: `${process.platform} ${process.arch}`,
    host: attempt(hostname, ''),
    pid: process.pid,
    threadId,
  }
}

function reportFault(fault: Fault | undefined): ReportedFault | null {
  if (fault === undefined) return null
  const { id, origin, verdict, attributedTo, fingerprint, request, job } = fault
  return {
    id,
    origin,
    verdict,
    attributedTo,
    fingerprint,
    at: new Date(fault.at).toISOString(),
    error: serializeError(fault.error),
    job: job ?? null,
    request:
      request === undefined
        ? null
        : {
            id: request.id,
            method: request.method,
            url: withoutQuery(request.url),
            route: request.route ?? null,
          },
  }
}

function countFingerprints(apps: readonly ReportedApp[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const app of apps) {
    for (const { fingerprint, count } of app.fingerprints()) {
      counts.set(fingerprint, (counts.get(fingerprint) ?? 0) + count)
    }
  }
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]).slice(0, MAX_FINGERPRINTS))
}
