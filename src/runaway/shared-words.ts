import type { FaultRequest } from '../fault/fault.ts'

// The words that the main thread and the watching thread share: places in one Int32Array.

/** Goes up while the event loop of the main thread turns. */
export const BEAT = 0
/** `question * STATES` and the state of that question. */
export const HANDSHAKE = 1
/** 1 while the thread has an inspector session with the main thread. */
export const CONNECTED = 2
/** 1 once the thread watches. */
export const WATCHING = 3
/** 1 while a debugger can be attached: the thread keeps its hands off. */
export const DEBUGGED = 4
/** How many words there are. */
export const WORDS = 8

/** How many states a question has at most. */
export const STATES = 8
/** Inside of the interrupt, the main thread waits for the termination to be posted. */
export const WAITS = 1
/** The thread posts it right now. */
export const POSTING = 2
/** The thread has posted it. */
export const POSTED = 3
/** The main thread has waited too long: the thread must not post it any more, for it would hit another request. */
export const WITHDRAWN = 4

/** The global property with the function that the thread calls inside of the main thread. */
export const INTERRUPT: string = 'fastify-isolate.interrupt'
/** How V8 names the thread's call in a stack. */
export const CALL_NAME = 'fastify-isolate-interrupt'

/** What the thread asks for when it interrupts the main thread. */
export interface Question {
  /** A number of its own, so that a late answer is not taken for that of the next question. */
  readonly number: number
  /** `note`: half of the time is over, remember who runs. `end`: all of it is over. */
  readonly what: 'note' | 'end'
  /** The heartbeat that stands still. */
  readonly beat: number
  /** When it was asked: `Date.now()`. */
  readonly at: number
  /** Milliseconds since the heartbeat stands still. */
  readonly blocked: number
  /** Milliseconds that were counted against the main thread. */
  readonly counted: number
  /** Whether it is not asked again: who runs now counts, whatever is known of it. */
  readonly isLastTry: boolean
}

/**
 * The answer to a question.
 *
 * - `over`: the event loop goes on by itself.
 * - `again`: ask once more in a moment, for no code of the app runs right now.
 * - `anew`: begin to count anew.
 * - `ended`: what runs is being terminated.
 * - `exits`: the same, and the process exits with whatever runs next.
 * - a number: what runs may take so many milliseconds.
 * - a suspect: it is remembered that this runs.
 */
export type Reply = 'over' | 'again' | 'anew' | 'ended' | 'exits' | number | Suspect

/** What ran when half of the time was over. */
export interface Suspect {
  readonly request: FaultRequest | undefined
  readonly stack: string
}
