/** The version of the file's form. A file of another one is not read. */
export const FLIGHT_VERSION = 1
/** The names of the files: the pid, when the process started, and a number where it has several apps. */
export const FLIGHT_FILE: RegExp = /^flight-\d+-\d+(?:-\d+)?\.bin$/

/** A write that stays within a page is whole or absent, also where the process is killed in it. */
const PAGE = 4_096
/** Bytes of a part that holds a text. */
export const TEXT_BYTES: number = PAGE

// Where the parts of the file begin.

/** Who writes it: a {@link FlightHeader} as JSON. */
export const HEADER_AT = 0
/** How the process ended, as far as it saw it: an {@link EndMark} as JSON. */
export const END_AT: number = PAGE
/** The route that is on trial: a text, empty where none is. */
export const TRIAL_AT: number = 2 * PAGE
/** The newest faults: {@link SeenFault}s as JSON. */
export const FAULTS_AT: number = 3 * PAGE
/** Requests that were written as they arrived: a ring. */
export const MARKS_AT: number = 4 * PAGE
/** Bytes from one mark to the next: none lies across two pages. */
export const MARK_BYTES = 128
export const MARKS = 256
/** How often the routes were shown: two halves. */
export const RATES_AT: number = 12 * PAGE
export const RATES_HALF: number = 16 * PAGE
/** The requests in flight: two halves. */
export const COPIES_AT: number = 44 * PAGE
export const COPY_HALF: number = 12 * PAGE
/** The routes that received a request, a line each. */
export const NAMES_AT: number = 68 * PAGE
export const NAMES_BYTES: number = 64 * PAGE

// The head of a copy, in 64-bit floats. The slots that are taken follow it.
export const COPIED_AT = 0
export const RSS = 1
export const HEAP_USED = 2
export const HEAP_LIMIT = 3
export const BEAT_AT = 4
/** The resident set at that time. */
export const BEAT_RSS = 5
export const FAULTS = 6
export const TOTAL = 7
export const ARRIVED = 8
export const COPIES = 9
/** How often the memory killer has struck, on the machine and in the control group; -1 where it is not known. */
export const MACHINE_KILLS = 10
export const GROUP_KILLS = 11
export const COPY_HEAD = 12

// The head of the rates, and what follows it for each route, in 64-bit floats.
export const OBSERVED = 0
/** When they were written, in milliseconds since the epoch. */
export const RATES_UNTIL = 1
export const RATES_HEAD = 2
export const PAIR = 0
export const SHOWN = 1
export const NEWEST = 2
export const RATE_WORDS = 3

/** How many methods there is room for. */
const METHODS_KNOWN = 64

/** Numbers a route with one of its methods; what comes past the routes, and an unknown method, are -1. */
export function pairOf(route: number, method: number): number {
  return (route + 1) * METHODS_KNOWN + method + 1
}

/** Who writes a file. */
export interface FlightHeader {
  readonly version: number
  /** As `Death.id`. */
  readonly id: string
  readonly build: string
  readonly pid: number
  readonly host: string
  /** When the process started, in milliseconds since the epoch. */
  readonly startedAt: number
  /** The same as the system's own number, and what it holds for; undefined where the system does not tell. */
  readonly startTicks: string | undefined
  readonly bootId: string | undefined
  readonly pidNamespace: string | undefined
  readonly listenedAt: number | undefined
  readonly versions: { readonly node: string; readonly fastify: string; readonly 'fastify-isolate': string }
  readonly platform: string
}

/** What the process itself knew of its end. Each time is in milliseconds since the epoch. */
export interface EndMark {
  /** The first SIGTERM or SIGINT. */
  readonly signal?: { readonly name: string; readonly at: number }
  /** A fault that was fatal. */
  readonly fatal?: {
    readonly cause: 'fatal' | 'runaway'
    readonly because: string
    readonly culprit?: string
    readonly at: number
  }
  /** It left in order: `leave()` with its reason, `app.close()`, or another way in words. */
  readonly left?: { readonly because: string; readonly isSignal: boolean; readonly at: number }
  /** It exited. `callers`: the frames of the app that called `process.exit()`, the innermost first. */
  readonly exit?: {
    readonly code: number
    readonly wasCalled: boolean
    readonly callers: readonly string[]
    /** The route whose code called it, as `routeKey` names it. */
    readonly culprit?: string
    readonly at: number
  }
}

/** A fault as the file holds it: the log has the rest under its id. */
export interface SeenFault {
  readonly id: string
  readonly at: number
  readonly origin: string
  readonly verdict: string
  readonly type: string
  readonly fingerprint: string
  /** As `routeKey` names it; undefined where it belongs to no request. */
  readonly route: string | undefined
}
