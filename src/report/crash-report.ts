import type { Fault } from '../fault/fault.ts'
import type { SerializedError } from '../fault/serialized-error.ts'

/** Why the process leaves. */
export type LeaveReason = 'fatal' | 'recycle' | 'signal' | 'requested' | 'crash-loop'

/** A request in flight, as in the crash report and the log. It has no URL, because the client chose that. */
export interface InFlightRequest {
  readonly id: string
  readonly method: string
  /** The route's pattern, undefined where no route matched. */
  readonly route: string | undefined
  /** Milliseconds since the request arrived. */
  readonly age: number
}

/** How late the event loop was, in milliseconds, since the first app registered the plugin. */
export interface EventLoopDelay {
  readonly mean: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/**
 * Why a process takes itself for sick: what the last 10 seconds were, on routes that were fine before an error
 * escaped.
 */
export interface Sickness {
  /** Requests that ended: well, or as the next field says. */
  readonly ended: number
  /** Those that ended with a fault, with an answer that was forced, or cut. */
  readonly failed: number
  /**
   * Requests that waited for more than twice the longest good answer of their route, while none of that route ended.
   */
  readonly waiting: number
  /**
   * Connections that were lost because an error escaped as the app took them; undefined where it took others, and
   * answered requests.
   */
  readonly lost?: number | undefined
}

/** Whether the process was still booting, or serving, when it began to leave. */
export type Phase = 'boot' | 'serving'

/** One of the last faults of a process that died without a word. The log has the rest under its id. */
export interface LastFault {
  readonly id: string
  /** ISO 8601. */
  readonly at: string
  readonly origin: string
  readonly verdict: string
  /** The type of the error. */
  readonly type: string
  readonly fingerprint: string
  /** Method and pattern: `GET /users/:id`; null where it belongs to no request. */
  readonly route: string | null
}

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
  /** The name of the job that it belongs to; null where there is none. */
  readonly job: string | null
  /** `url` is cut before its query string. */
  readonly request: {
    readonly id: string
    readonly method: string
    readonly url: string
    readonly route: string | null
  } | null
}

/**
 * Why a process left: the content of the crash report file, the argument of `leave.onLeave`, and a part of the
 * message on the channel `fastify-isolate:leave`. It holds no environment variables, headers, bodies or query
 * strings. `version` changes when a field changes its meaning or is removed; a new field does not change it.
 */
export interface CrashReport {
  readonly schema: 'fastify-isolate/crash-report'
  readonly version: 1
  /** When the process began to leave, or was last known to live, ISO 8601. */
  readonly at: string
  /** `sudden`: the process did not leave, it died, and the next one has found out. */
  readonly reason: LeaveReason | 'sudden'
  /**
   * The signal, the argument of `app.isolation.leave(reason)`, or what is known of a sudden death; null without any.
   */
  readonly note: string | null
  /** Set where the process recycles itself because it is sick. */
  readonly sick: Sickness | null
  readonly phase: Phase
  /** The code that the process is going to exit with; null where that is not known, after a sudden death. */
  readonly exitCode: number | null
  /** The fatal fault, or the one that asked for the recycle, also of a sick process; null where there is none. */
  readonly fault: ReportedFault | null
  /** The requests in flight, oldest first, the first 1 000 of them. */
  readonly inFlight: readonly InFlightRequest[]
  /** How many requests were in flight. */
  readonly inFlightTotal: number
  /** The last faults before a sudden death, the newest first; empty else. */
  readonly lastFaults: readonly LastFault[]
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

/** What the channel `fastify-isolate:leave` publishes. */
export interface LeaveMessage {
  readonly report: CrashReport
}
