import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { QuarantineStore } from '../deaths/quarantine-store.ts'
import type { Fault, Verdict } from '../fault/fault.ts'
import type { QuarantineEvent } from '../isolation.ts'
import type { CrashReport } from '../report/crash-report.ts'

/**
 * Judges a fault. Called once a fault, synchronously, with the default verdict; returns a verdict, or
 * undefined to keep the proposed one. When it throws or returns anything else, the default stands and that is
 * logged.
 */
export type Classify = (fault: Fault, proposed: Verdict) => Verdict | undefined

/**
 * Says whether an error is an answer (true) or a fault (false). When it throws, the error is a fault. Request and
 * reply are undefined once the response has closed.
 */
export type IsExpected = (
  error: unknown,
  request: FastifyRequest | undefined,
  reply: FastifyReply | undefined,
) => boolean

/**
 * Makes the body of the answer to a fault. It may set headers and the status on `reply`. When it throws,
 * rejects, or returns something that cannot be sent, the default body is sent instead.
 */
export type Answer = (fault: Fault, request: FastifyRequest, reply: FastifyReply) => unknown

/** An error handler as `setErrorHandler` takes it. `this` is the instance of the route that failed. */
export type ErrorHandler = (
  this: FastifyInstance,
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
) => unknown

/** The exit codes of a process that leaves: integers from 14 to 125, since 1 to 13 are Node's own. */
export interface ExitCodes {
  /** After a fatal fault. Default: 70, `EX_SOFTWARE` of sysexits.h. */
  fatal?: number
  /** After a recycle. Default: 75, `EX_TEMPFAIL` of sysexits.h. 0 is allowed here. */
  recycle?: number
  /**
   * After too many starts in a row that died ({@link LoopOptions.limit}), for restarters that can be told to stay away
   * from a code. Default: 78, `EX_CONFIG` of sysexits.h. 0 is allowed here.
   */
  loop?: number
}

/** When a request is a runaway. */
export interface RunawayOptions {
  /**
   * Milliseconds of CPU time, from 100 on, for which one request may block the event loop. Asleep in a system call
   * it has four times as long. Default: none, it has to be given.
   */
  after: number
}

/**
 * How long a request that an error escaped from may still answer by itself. Both are lengthened to twice the longest
 * good answer that the route has given in the last ten to twenty minutes, at most to 30 000 ms.
 */
export interface GraceOptions {
  /**
   * Milliseconds after a rejection, while the promise of the request's handler or of a hook is pending, or while its
   * response is written: the request is still at work. Default: 10 000.
   */
  rejection?: number
  /** Milliseconds after an exception, and after a rejection of a request that is not at work. Default: 1 000. */
  exception?: number
}

/** The options of an app that a route may override. */
export interface OverridableOptions {
  /** Judges faults. Default: none, the proposed verdict stands. */
  classify?: Classify
  /**
   * Which errors are answers and not faults. `'convention'`: http-errors with `expose`, Fastify's and
   * `@fastify/error`'s own errors below 500, validation errors, an Error or a plain object with a `statusCode` of 400
   * to 499, and what is thrown after `reply.code()` had set such a status, or handed over with such a `status` by
   * middleware of Express; a status of 500 to 599 on the reply is kept for the masked answer. `'branded'`: http-errors,
   * `@fastify/error` and validation alone. Or a function. Default: `'convention'`.
   */
  expected?: 'convention' | 'branded' | IsExpected
  /**
   * The body of the answer to a fault. `'json'`: Fastify's shape with the request's id. `'problem'`: RFC 9457,
   * `application/problem+json`. Or a function. Default: `'json'`, or a problem where the client's Accept names
   * `application/problem+json`.
   */
  answer?: 'json' | 'problem' | Answer
  /**
   * Whether an error's message and stack are sent to the client. For development. Browsers get a page that shows
   * the source too, where `youch` is installed: it is loaded for the first such page, never otherwise.
   * Default: false.
   */
  expose?: boolean
  /**
   * Whether errors that escape to the process are attributed to their request and contained. `false` installs
   * no process listener and keeps no context. Default: true.
   */
  escapes?: boolean
  /**
   * How long a request that an error escaped from may still answer by itself, before it is answered with a 500. A
   * number of milliseconds holds for every escape, exactly. Default: those of its options.
   */
  grace?: number | GraceOptions
  /**
   * Ends a request that blocks the event loop, such as an endless loop, with a 500. `false`: none. A route without
   * `escapes` is never ended. The process gets a thread that watches, see [runaways](runaways.md). Default: false.
   */
  runaway?: false | RunawayOptions
}

/** The options of a route: `config: { isolate: … }`. What it leaves out is as the app has it. */
export interface RouteIsolateOptions extends OverridableOptions {
  /**
   * Whether the route may be closed where the app has a quarantine. `false` for one that must not be refused: a login, a
   * health check, a webhook. Default: true.
   */
  quarantine?: boolean
}

/** Closes the routes that kill the process. */
export interface QuarantineOptions {
  /**
   * Where deaths and closed routes are kept beside the recorder's folder, for a fleet whose local disks do not last, such
   * as `redisStore()` of `fastify-isolate/redis`: see [fleets](fleets.md). Default: none.
   */
  store?: QuarantineStore
  /**
   * After how many deaths a route is closed at the earliest; at least 2. One whose culprit is known counts as one and a
   * half, so two of those are enough where three guesses are. Default: 3.
   */
  deaths?: number
  /**
   * Milliseconds for which a route is closed before it is tried again. Doubled each time that it kills again, up to an
   * hour. Default: 60 000.
   */
  coolDown?: number
  /**
   * Names the build: a new one gives every route a new chance. Default: none, it is named by the platform or by the
   * files of the app, see [quarantine](quarantine.md).
   */
  build?: string
  /** Milliseconds that the boot waits for the store at most, and a trial. Default: 500. */
  loadTimeout?: number
}

/** How the process leaves. */
export interface LeaveOptions {
  /**
   * Milliseconds that the requests in flight have, from the moment the process stops accepting, before what is
   * left is cut. Default: 10 000.
   */
  deadline?: number
  /**
   * Milliseconds of normal serving, with readiness saying no, before the process stops accepting, so that a
   * load balancer can look away. Not used by a fatal fault, unless {@link LeaveOptions.drainFatal}. Default: 0.
   */
  drainDelay?: number
  /** Whether a fatal fault too waits for {@link LeaveOptions.drainDelay}. Default: false. */
  drainFatal?: boolean
  /**
   * Milliseconds of uptime after which a `recycle` verdict makes the process leave. `Infinity`: never.
   * Default: 600 000.
   */
  recycleAfter?: number
  /**
   * Milliseconds of which the process waits a random part, from when its recycle is due: a fleet in which the same
   * thing failed does not leave as one. `0`: none. Default: 60 000.
   */
  recycleSpread?: number
  /**
   * Milliseconds of uptime before which a process does not leave because it is sick, so that what it needs and is
   * broken, such as a database, makes no restart loop. Sick is a process in which an error has escaped, and in an app
   * of which then, for 10 seconds, at least half of at least 20 requests fail on routes that were fine before, or none
   * ends while 20 wait for more than twice the longest good answer of their route, or none is answered while 20
   * connections are lost. `Infinity`: never. Default: 60 000.
   */
  sickAfter?: number
  /**
   * Signals that make the process leave with exit code 0. Another listener on one of them may close the app at once
   * and so undo `drainDelay`: `ready()` warns of it. Default: none.
   */
  signals?: readonly NodeJS.Signals[]
  /**
   * Runs beside the drain (flush a tracker, release a lock), bounded by the same deadline. Its failure is
   * logged and stops nothing. Default: none.
   */
  onLeave?: (report: CrashReport) => unknown
  /** The exit codes. Default: those of its options. A signal and a plain `leave()` exit with 0. */
  exitCodes?: ExitCodes
  /** The folder that gets `crash-<time>-<pid>.json`, the newest 10 of them. Default: none. */
  reportDir?: string
  /**
   * The file that gets a summary of at most 4 096 bytes. `false`: none.
   * Default: `'/dev/termination-log'` in Kubernetes, false elsewhere.
   */
  terminationLog?: string | false
  /** The path of a readiness probe, a route that the plugin adds: 200 while serving, 503 while leaving. Default: none. */
  readiness?: string
  /** Replaces `process.exit`, for tests. Default: none. */
  exit?: (code: number) => void
}

/** What a storm of faults may write: a bug on a hot route must not drown the disk. */
export interface LogOptions {
  /**
   * Faults of one fingerprint that are logged in full in each window; of escapes that are no request's own, one at
   * most. The rest is counted, and one line at the end of the window says how many were held back. Fatal lines are
   * never held back. `Infinity`: all are logged. Default: 100.
   */
  burst?: number
  /** The window's length in milliseconds. Default: 10 000. */
  window?: number
}

/** Where it is written down, while the app runs, what has to be known after its process has died. */
export interface RecorderOptions {
  /**
   * The folder of the recorder's files, one for each app. It has to outlive the process, and is made where it is missing.
   * Default: none, it has to be given.
   */
  dir: string
}

/** What is done about an app that dies again and again as it starts. */
export interface LoopOptions {
  /**
   * Milliseconds after the app listened within which a death counts. One before it listened always does.
   * Default: 60 000.
   */
  window?: number
  /** Which start in a row is the first that is held or given up: an integer from 2 on. Default: 5. */
  limit?: number
  /**
   * What is done from that start on. `'exit'`: the process exits with {@link ExitCodes.loop}, once; the next start tries
   * the app again. `'park'`: it answers 503 where the app would listen, and starts the app after ten seconds, doubling
   * each time to five minutes. `'backOff'`: it waits as long and answers nothing. Default: `'exit'`.
   */
  action?: 'exit' | 'park' | 'backOff'
  /** The path of a liveness probe, which is answered 200 while the app is parked. Default: none. */
  liveness?: string
}

/** The options of {@link isolate}. */
export interface IsolateOptions extends OverridableOptions {
  /** The app's own root error handler, for Fastify 6, which refuses two handlers in one scope. Default: none. */
  errorHandler?: ErrorHandler
  /** Sees every fault, after it was logged: error trackers hang there. Default: none. */
  onFault?: (fault: Fault) => void
  /** How the process leaves. Default: those of its options. */
  leave?: LeaveOptions
  /** How many lines a storm of faults may write. Default: those of its options. */
  log?: LogOptions
  /**
   * Writes down what is in flight, so that the next process can say why this one died, and of what, also where it saw
   * nothing of it: see [the flight recorder](recorder.md). `false`: nothing is written. Default: false.
   */
  recorder?: false | RecorderOptions
  /**
   * Keeps an app that dies again and again as it starts from doing so for ever: see [crash loops](crash-loop.md). It
   * needs `recorder`. `false`: nothing is done. Default: false.
   */
  loop?: false | LoopOptions
  /**
   * Closes the routes that kill the process, see [quarantine](quarantine.md): they answer 503 while the others serve.
   * Needs `recorder` or a `store`. `false`: none is closed. `config.isolate.quarantine: false` exempts a route.
   * Default: false.
   */
  quarantine?: false | QuarantineOptions
  /** Told when a route is closed or released, after it was logged. Default: none. */
  onQuarantine?: (event: QuarantineEvent) => void
}
