import { hostname } from 'node:os'
import { threadId } from 'node:worker_threads'
import { attempt } from '../attempt.ts'
import type { Fault } from '../fault/fault.ts'
import { type SerializedError, serializeError } from '../fault/serialize.ts'
import { VERSION } from '../version.ts'
import { type EventLoopDelay, eventLoopDelay } from './event-loop-delay.ts'

/** Why the process leaves. */
export type LeaveReason = 'fatal' | 'recycle' | 'signal' | 'requested'

/** A request in flight, as a report and the log name it. It holds no path that the client chose. */
export interface InFlightRequest {
  readonly id: string
  readonly method: string
  /** The route's pattern, undefined where no route matched. */
  readonly route: string | undefined
  /** Milliseconds since the request arrived. */
  readonly age: number
}

/** What a report asks of an app. */
export interface ReportedApp {
  /** Fastify's version. */
  readonly fastifyVersion: string
  /** How many faults each fingerprint has had. */
  fingerprints(): Iterable<readonly [fingerprint: string, count: number]>
  /** The requests in flight, oldest first. */
  inFlight(): InFlightRequest[]
}

/** Where in its life the process was when it began to leave: not listening yet, or serving. */
export type Phase = 'boot' | 'serving'

/** A fault in a crash report. */
export interface ReportedFault {
  readonly id: string
  readonly origin: Fault['origin']
  readonly verdict: Fault['verdict']
  readonly attributedTo: Fault['attributedTo']
  readonly fingerprint: string
  /** ISO 8601. */
  readonly at: string
  /** Type, message, stack and the whole cause chain, bounded in depth and length. */
  readonly error: SerializedError
  /** `url` is cut before its query string. */
  readonly request: {
    readonly id: string
    readonly method: string
    readonly url: string
    readonly route: string | null
  } | null
}

/**
 * Why a process left: what the crash report file, `leave.onLeave` and the channel `fastify-isolate:leave` get.
 * It holds no environment variables, headers, bodies or query strings. `version` changes when a field changes
 * its meaning or goes; a new field does not change it.
 */
export interface CrashReport {
  readonly schema: 'fastify-isolate/crash-report'
  readonly version: 1
  /** When the process began to leave, ISO 8601. */
  readonly at: string
  readonly reason: LeaveReason
  /** The signal, or what `leave(reason)` was told; null where there is neither. */
  readonly note: string | null
  readonly phase: Phase
  /** The code that the process is going to exit with. */
  readonly exitCode: number
  readonly fault: ReportedFault | null
  /** The requests in flight, oldest first, the first 1 000 of them. */
  readonly inFlight: readonly InFlightRequest[]
  /** How many requests were in flight. */
  readonly inFlightTotal: number
  /** Faults by fingerprint, the most frequent 100. */
  readonly fingerprints: Readonly<Record<string, number>>
  /** `process.memoryUsage()`, bytes. */
  readonly memory: Readonly<Record<string, number>>
  /** Milliseconds; null where it was not measured. */
  readonly eventLoopDelay: EventLoopDelay | null
  /** Seconds. */
  readonly uptime: number
  readonly versions: {
    readonly node: string
    readonly fastify: string | null
    readonly 'fastify-isolate': string
  }
  readonly platform: string
  readonly host: string
  readonly pid: number
  /** 0 in the main thread. */
  readonly threadId: number
}

/** What is known when the process begins to leave. */
export interface Circumstances {
  readonly reason: LeaveReason
  readonly note: string | undefined
  readonly phase: Phase
  readonly exitCode: number
  readonly fault: Fault | undefined
}

const MOST_IN_FLIGHT = 1_000
const MOST_FINGERPRINTS = 100

/** Builds the report. A part that cannot be had is left empty: this never throws. */
export function buildReport(circumstances: Circumstances, apps: readonly ReportedApp[]): CrashReport {
  const inFlight = attempt(() => apps.flatMap((app) => app.inFlight()), [])
  inFlight.sort((a, b) => b.age - a.age)
  return {
    schema: 'fastify-isolate/crash-report',
    version: 1,
    at: new Date().toISOString(),
    reason: circumstances.reason,
    note: circumstances.note ?? null,
    phase: circumstances.phase,
    exitCode: circumstances.exitCode,
    fault: attempt(() => reportFault(circumstances.fault), null),
    inFlight: inFlight.slice(0, MOST_IN_FLIGHT),
    inFlightTotal: inFlight.length,
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
  const { id, origin, verdict, attributedTo, fingerprint, request } = fault
  return {
    id,
    origin,
    verdict,
    attributedTo,
    fingerprint,
    at: new Date(fault.at).toISOString(),
    error: serializeError(fault.error),
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

/** A path without what may hold a secret: the query string, and a fragment that a client sent all the same. */
export function withoutQuery(url: string): string {
  const end = url.search(/[?#]/)
  return end === -1 ? url : url.slice(0, end)
}

function countFingerprints(apps: readonly ReportedApp[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const app of apps) {
    for (const [fingerprint, count] of app.fingerprints()) {
      counts.set(fingerprint, (counts.get(fingerprint) ?? 0) + count)
    }
  }
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST_FINGERPRINTS))
}
