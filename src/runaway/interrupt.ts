import { executionAsyncId } from 'node:async_hooks'
import { attempt } from '../attempt.ts'
import type { FaultRequest } from '../fault/fault.ts'
import { canUnwind, prepareTermination } from './node-termination.ts'
import { type RunawayError, runawayError } from './runaway-error.ts'
import {
  BEAT,
  HANDSHAKE,
  POSTED,
  type Question,
  type Reply,
  STATES,
  WAITS,
  WITHDRAWN,
} from './shared-words.ts'

/** A request, or whatever else runs, as the app that it belongs to knows it. */
export interface Running {
  /** What is the same whenever the same request runs. */
  readonly key: object
  /** Milliseconds after which it is a runaway; false: never. */
  readonly after: number | false
  /** The request, where it is one. */
  readonly request: FaultRequest | undefined
  /**
   * Records the fault and answers the request.
   *
   * @param isLast Whether the process leaves too.
   */
  end(error: RunawayError, isLast: boolean): void
}

/** An app, as the interrupt uses it. No method throws. */
export interface WatchedApp {
  /** What runs right now where it is one of this app's requests. */
  running(): Running | undefined
  /** What runs where it is nobody's request; undefined where this app does not serve. */
  unowned(): Running | undefined
  /** Answers every request that has no answer yet, because the process exits. */
  answerAll(): void
  /** Logs that several requests in a row block the event loop, none of which is a runaway. */
  warnOfBlocking(blocked: number, frames: readonly string[]): void
  /** Logs, once, that nothing is ended while a debugger may be attached. */
  warnOfDebugger(): void
}

/** Milliseconds without an answer after which native code has blocked, such as a garbage collection. */
const LATE = 250
/** Milliseconds that the thread has to post the termination. */
const HANDSHAKE_TIME = 1_000
/** How often one request may run away; the process leaves with the last one. */
const MOST_STRIKES = 3

/** Decides, inside of the interrupt, what is done about the code that it interrupted. */
export class Interrupt {
  readonly #words: Int32Array
  readonly #apps: Iterable<WatchedApp>
  readonly #isDebugged: () => boolean
  readonly #exit: () => void
  readonly #strikes: WeakMap<object, number> = new WeakMap()
  #beat = -1
  #noted: WeakSet<object> = new WeakSet()
  #late: WeakSet<object> = new WeakSet()

  /** @param exit Ends the process; called outside of the interrupt. */
  constructor(words: Int32Array, apps: Iterable<WatchedApp>, isDebugged: () => boolean, exit: () => void) {
    this.#words = words
    this.#apps = apps
    this.#isDebugged = isDebugged
    this.#exit = exit
  }

  /** Answers a question of the thread. Never throws. */
  ask(question: Question): Reply {
    return attempt(() => this.#reply(question), 'anew')
  }

  #reply(question: Question): Reply {
    const { what, beat, at, blocked, counted, isLastTry } = question
    if (Atomics.load(this.#words, BEAT) !== beat) return 'over'
    if (this.#isDebugged()) {
      for (const app of this.#apps) app.warnOfDebugger()
      return 'anew'
    }
    const { error, frames } = runawayError(blocked)
    const found = this.#find(isLastTry)
    if (found === undefined || frames.length === 0) return isLastTry ? 'anew' : 'again'
    const { key, after } = found
    this.#begin(beat)
    if (after === false) return 'anew'
    if (after > counted + 1 && what === 'end') return after
    const isKnown = this.#noted.has(key)
    this.#noted.add(key)
    if (Date.now() - at > LATE && !this.#late.has(key)) {
      // native code has blocked, and whoever runs now may be innocent: it ends itself if it is
      this.#late.add(key)
      return 'anew'
    }
    if (what === 'note') return { request: found.request, stack: error.stack ?? '' }
    if (!isKnown) {
      for (const app of this.#apps) app.warnOfBlocking(blocked, frames)
      return 'anew'
    }
    return this.#mayTerminate(question) ? this.#end(found, error) : 'anew'
  }

  #find(isLastTry: boolean): Running | undefined {
    for (const app of this.#apps) {
      const found = app.running()
      if (found !== undefined) return found
    }
    if (!isLastTry) return undefined
    for (const app of this.#apps) {
      const found = app.unowned()
      if (found !== undefined) return found
    }
    return undefined
  }

  #begin(beat: number): void {
    if (beat === this.#beat) return
    this.#beat = beat
    this.#noted = new WeakSet()
    this.#late = new WeakSet()
  }

  /**
   * Waits until the thread has posted the termination, which V8 then carries out when the interrupt is over. Spins,
   * for `Atomics.wait` inside of another one, which may be what runs, corrupts the heap.
   */
  #mayTerminate({ number }: Question): boolean {
    const words = this.#words
    const asked = number * STATES
    Atomics.store(words, HANDSHAKE, asked + WAITS)
    const end = performance.now() + HANDSHAKE_TIME
    while (Atomics.load(words, HANDSHAKE) !== asked + POSTED) {
      const isLate = performance.now() > end
      if (
        isLate &&
        Atomics.compareExchange(words, HANDSHAKE, asked + WAITS, asked + WITHDRAWN) === asked + WAITS
      ) {
        return false
      }
    }
    return true
  }

  #end({ key, end }: Running, error: RunawayError): Reply {
    const strikes = (this.#strikes.get(key) ?? 0) + 1
    this.#strikes.set(key, strikes)
    const isLast = strikes >= MOST_STRIKES || !canUnwind(executionAsyncId())
    attempt(() => end(error, isLast), undefined)
    if (isLast) for (const app of this.#apps) attempt(() => app.answerAll(), undefined)
    // `process.exit` inside of the interrupt can hang
    if (strikes > MOST_STRIKES) this.#exit()
    attempt(() => prepareTermination(error), undefined)
    return strikes > MOST_STRIKES ? 'exits' : 'ended'
  }
}
