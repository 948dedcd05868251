/**
 * What ended a process that did not leave in order.
 *
 * - `fatal`: a fault with the verdict `fatal`.
 * - `runaway`: a request that blocked the event loop and could not be ended alone.
 * - `exit`: the app called `process.exit()` or ran out of work.
 * - `sudden`: the process saw nothing of it: a signal, the memory killer, an abort, a crash in native code.
 */
export type DeathCause = 'fatal' | 'runaway' | 'exit' | 'sudden'

/** What is known of the death of one process. It is plain JSON, and holds no URL, no header and no address. */
export interface Death {
  /** One for each process that ever ran, so that a death which is told twice counts once. */
  readonly id: string
  /** The build of the app that died. */
  readonly build: string
  readonly host: string
  readonly pid: number
  /** When the process started, in milliseconds since the epoch. */
  readonly startedAt: number
  /** When it first listened, in milliseconds since the epoch; undefined where it died before that. */
  readonly listenedAt: number | undefined
  /** When it was last known to live, in milliseconds since the epoch. */
  readonly diedAt: number
  readonly cause: DeathCause
  /** What can be said honestly of the end, in words: `exited with code 3 by lib/foo.js:12`. */
  readonly because: string
  /** The route that certainly did it, such as `GET /users/:id`; undefined where it has to be guessed. */
  readonly culprit: string | undefined
  /** The routes that had a request in flight, each once, the one with the newest request first. */
  readonly inFlight: readonly string[]
  /** How often each route stood in the recorder's file while the process lived: a share of the time, from 0 to 1. */
  readonly presence: Readonly<Record<string, number>>
  /** How often each route had the newest request there: a share of the same time, from 0 to 1. */
  readonly arrivals: Readonly<Record<string, number>>
  /** How many looks {@link Death.presence} rests on: 25 for each second that the recorder has observed. */
  readonly samples: number
}
