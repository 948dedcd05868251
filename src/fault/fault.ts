/**
 * What to do after a fault.
 *
 * - `contain`: the process goes on serving.
 * - `recycle`: the process goes on serving, and leaves once it has been up for `leave.recycleAfter`.
 * - `fatal`: the process answers, drains, logs the reason, and exits.
 */
export type Verdict = 'contain' | 'recycle' | 'fatal'

/**
 * Where an error came from: thrown or rejected by the `handler` or a `hook`, while the `reply` was being made,
 * by a body `stream` or a `job`, or escaped to the process as an unhandled `rejection` or an uncaught `exception`.
 * A `runaway` threw nothing: it blocked the event loop, and was ended.
 */
export type Origin = 'handler' | 'hook' | 'reply' | 'stream' | 'job' | 'rejection' | 'exception' | 'runaway'

/**
 * How the request of a fault was found: caught in the `call` itself, by the asynchronous `context` of an error that
 * escaped, as the one that once opened the `connection` which failed, or not at all (`none`). Only `call` is certain.
 */
export type Attribution = 'call' | 'context' | 'connection' | 'none'

/** A plain snapshot of the request that a fault belongs to. It holds no reference to the request itself. */
export interface FaultRequest {
  /** The request's id, as Fastify's `genReqId` made it, cut at 256 characters; empty where a connection failed that had brought none. */
  readonly id: string
  /** The HTTP method; empty where a connection failed that had brought no request. */
  readonly method: string
  /** The path and query string as the client sent them; empty as `method` is. */
  readonly url: string
  /** The route's pattern (`/users/:id`), undefined where no route matched. */
  readonly route: string | undefined
  /** The host that the client asked for, as `request.host` gives it; empty where it named none. */
  readonly host: string | undefined
  /** The client's address, as `request.ip` gives it. */
  readonly remoteAddress: string | undefined
  /** The port of the other end of the connection. */
  readonly remotePort: number | undefined
  /** When the request arrived, in milliseconds since the epoch. */
  readonly startedAt: number
}

/** An unexpected error. */
export interface Fault {
  /**
   * A UUID: unique across processes, so that a client, a log and a crash report can name the same fault. It is no secret:
   * the faults of one process are numbered by the last nine digits.
   */
  readonly id: string
  /** Exactly what was thrown, by identity: any value, not only an Error. */
  readonly error: unknown
  /** Where the error came from. */
  readonly origin: Origin
  /** What is done about it. */
  readonly verdict: Verdict
  /** How the request was found. */
  readonly attributedTo: Attribution
  /** The request, as a plain snapshot; undefined where there is none. */
  readonly request: FaultRequest | undefined
  /** The name of the job that it belongs to (`app.isolation.job`), cut at 256 characters; undefined where there is none. */
  readonly job: string | undefined
  /**
   * Groups the same bug: 16 hexadecimal digits made of the error's type and the app's own stack frames. Read from the
   * error's stack when it is asked for first, and the same from then on.
   */
  readonly fingerprint: string
  /** When the fault was seen, in milliseconds since the epoch. */
  readonly at: number
}

/** How many faults there were since the process started. */
export interface FaultCounts {
  /** All of them. */
  readonly total: number
  /** By where they came from. */
  readonly origin: Readonly<Record<Origin, number>>
  /** By what was done about them. */
  readonly verdict: Readonly<Record<Verdict, number>>
  /**
   * How many requests the plugin answered or cut, because an error had escaped from them and they did not end by
   * themselves. The channel `fastify-isolate:answered` tells of each.
   */
  readonly forced: number
  /**
   * Those of jobs, by the job's name. At most 100 names are told apart; those of any further ones are counted under
   * `others`.
   */
  readonly job: Readonly<Record<string, number>>
}
