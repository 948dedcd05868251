import type { Fault } from '../fault/fault.ts'
import type { ForcedAnswer, RequestContext } from '../request/context.ts'

/** The most faults of a request that are held: it may start a floating promise for each thing that its client has sent. */
const MAX_FAULTS = 100

/** What is done when the grace of a fault is over. */
type Answer = (fault: Fault) => void

interface Waiting {
  readonly fault: Fault
  /** Milliseconds on the clock of `performance.now()`. */
  readonly end: number
  readonly answer: Answer
}

/**
 * The time that a request has to answer by itself after an error escaped from it, so that a floating promise never
 * turns a good answer into a bad one. Each escape has a grace of its own: the first to end forces the answer.
 */
export class Grace implements ForcedAnswer {
  readonly #context: RequestContext
  readonly #faults: Map<Fault, Waiting> = new Map()
  /** How many further ones there are, and the newest, which stands for them. */
  #others = 0
  #newestOther: Waiting | undefined
  #next: Waiting | undefined
  #timer: NodeJS.Timeout | undefined
  /** What the last wait was for: one that was called off runs, and does nothing. */
  #wait: object | undefined

  private constructor(context: RequestContext) {
    this.#context = context
  }

  /**
   * Gives a request its grace after an escape.
   *
   * @param length Milliseconds.
   */
  static give(context: RequestContext, fault: Fault, length: number, answer: Answer): void {
    if (context.done) return
    if (!(context.forcedAnswer instanceof Grace)) context.forcedAnswer = new Grace(context)
    ;(context.forcedAnswer as Grace).#add(fault, length, answer)
  }

  /** Removes a fault whose rejection was handled late. Without another one, cancels the forced answer. */
  static takeBack(context: RequestContext, fault: Fault): void {
    const grace = context.forcedAnswer
    if (grace instanceof Grace) grace.#remove(fault)
  }

  #remove(fault: Fault): void {
    if (!this.#faults.delete(fault)) this.#others = Math.max(0, this.#others - 1)
    if (this.#faults.size === 0 && this.#others === 0) {
      this.cancel()
      this.#context.forcedAnswer = undefined
    } else if (fault === this.#next?.fault) this.#waitForNext()
  }

  cancel(): void {
    clearTimeout(this.#timer)
    this.#wait = undefined
  }

  #add(fault: Fault, length: number, answer: Answer): void {
    if (this.#faults.has(fault)) return
    const waiting = { fault, end: performance.now() + length, answer }
    if (this.#faults.size < MAX_FAULTS) this.#faults.set(fault, waiting)
    else {
      this.#others += 1
      this.#newestOther = waiting
    }
    if (this.#next === undefined || waiting.end < this.#next.end) this.#waitFor(waiting)
  }

  #waitForNext(): void {
    let next = this.#others > 0 ? this.#newestOther : undefined
    for (const waiting of this.#faults.values())
      if (next === undefined || waiting.end < next.end) next = waiting
    if (next !== undefined) this.#waitFor(next)
  }

  #waitFor(waiting: Waiting): void {
    this.cancel()
    this.#next = waiting
    const { fault, end, answer } = waiting
    const wait = {}
    this.#wait = wait
    this.#timer = setTimeout(() => {
      // after a blocked event loop the request's own timers and callbacks are due too: let them run first
      // No `clearImmediate`, which breaks Node's list of immediates where a tick of one of them throws.
      setImmediate(() => {
        if (this.#wait !== wait) return
        this.#context.forcedAnswer = undefined
        if (!this.#context.done) answer(fault)
      })
    }, end - performance.now())
  }
}
