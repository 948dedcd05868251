import { Session } from 'node:inspector'
import { MainClock } from './main-clock.ts'
import {
  BEAT,
  CALL_NAME,
  CONNECTED,
  HANDSHAKE,
  INTERRUPT,
  POSTED,
  POSTING,
  type Question,
  type Reply,
  STATES,
  WAITS,
} from './shared-words.ts'
import type { ThreadData } from './thread-data.ts'

/** Milliseconds between two looks at the handshake. */
const POLL = 1
/** How often it is asked who runs where no code of the app does, until the answer counts all the same. */
const MOST_TRIES = 12

let questions = 0

/**
 * Asks the main thread, in the watching thread, by an interrupt of whatever JavaScript runs there, and posts the
 * termination if it is asked for.
 */
export class Interrogation {
  readonly #data: ThreadData
  readonly #about: Pick<Question, 'what' | 'beat' | 'blocked' | 'counted'>
  readonly #onReply: (reply: Reply | undefined) => void
  readonly #session: Session = new Session()
  #clock: MainClock
  readonly #poll: NodeJS.Timeout
  #tries = 0
  #isOver = false

  /** @param onReply Called once, with undefined where the main thread cannot be asked. */
  constructor(
    data: ThreadData,
    about: Pick<Question, 'what' | 'beat' | 'blocked' | 'counted'>,
    onReply: (reply: Reply | undefined) => void,
  ) {
    this.#data = data
    this.#about = about
    this.#onReply = onReply
    this.#clock = new MainClock(data.pid)
    Atomics.store(data.words, CONNECTED, 1)
    this.#session.connectToMainThread()
    this.#poll = setInterval(() => this.#look(), POLL)
    this.#ask()
  }

  /** Called at every tick of the thread, which come every `period` ms. */
  tick(period: number): void {
    this.#clock.tick(period)
  }

  /** Milliseconds for which the main thread could have answered and did not. */
  get silent(): number {
    return this.#clock.silent
  }

  #ask(): void {
    questions += 1
    this.#tries += 1
    // whoever has answered was not silent
    this.#clock = new MainClock(this.#data.pid)
    Atomics.store(this.#data.words, HANDSHAKE, questions * STATES)
    const question: Question = {
      ...this.#about,
      number: questions,
      at: Date.now(),
      isLastTry: this.#tries >= MOST_TRIES,
    }
    const expression = `globalThis[Symbol.for('${INTERRUPT}')]?.(${JSON.stringify(question)})\n//# sourceURL=${CALL_NAME}`
    this.#session.post(
      'Runtime.evaluate',
      { expression, returnByValue: true, silent: true },
      (error, given) => {
        const reply = error === null ? (given.result.value as Reply | undefined) : undefined
        if (reply !== 'again') this.#end(reply)
        else setTimeout(() => this.#isOver || this.#ask(), 1 + Math.random() * 6)
      },
    )
  }

  #look(): void {
    const { words } = this.#data
    const asked = questions * STATES
    if (Atomics.compareExchange(words, HANDSHAKE, asked + WAITS, asked + POSTING) === asked + WAITS) {
      this.#session.post('Runtime.terminateExecution', () => {})
      Atomics.store(words, HANDSHAKE, asked + POSTED)
    } else if (Atomics.load(words, BEAT) !== this.#about.beat) this.#end('over')
  }

  #end(reply: Reply | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    clearInterval(this.#poll)
    this.#session.disconnect()
    Atomics.store(this.#data.words, CONNECTED, 0)
    this.#onReply(reply)
  }
}
