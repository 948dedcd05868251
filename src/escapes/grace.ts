import type { ForcedAnswer, RequestContext } from '../request/context.ts'

/** The most escapes of a request that are held: it may start a floating promise for each thing that its client has sent. */
const MAX_HELD = 100

/** What an {@link Answer} returns where nothing can be said yet: the escape has its grace once more. */
export const WAIT_AGAIN: unique symbol = Symbol('wait again')

/** What is done when the grace of an escape is over. */
type Answer = () => unknown

/** One escape of a request, until its grace is over. */
export interface Waiting {
  /** Milliseconds. */
  readonly length: number
  readonly answer: Answer
  /** Milliseconds on the clock of `performance.now()`. */
  end: number
  /** Whether its grace is over: it was answered for, or left alone. */
  isOver: boolean
}

/**
 * The time that a request has to answer by itself after an error escaped from it, so that a floating promise never
 * turns a good answer into a bad one. Each escape has a grace of its own: the first to end forces the answer. Where an
 * answer flows and is left alone then, the next one counts: it may have ended what the answer flows from.
 */
export class Grace implements ForcedAnswer {
  readonly #context: RequestContext
  readonly #held: Set<Waiting> = new Set()
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
   * @returns What {@link Grace.takeBack} takes back; undefined where the response has closed.
   */
  static give(context: RequestContext, length: number, answer: Answer): Waiting | undefined {
    if (context.done) return undefined
    if (!(context.forcedAnswer instanceof Grace)) context.forcedAnswer = new Grace(context)
    const waiting = { length, answer, end: 0, isOver: false }
    ;(context.forcedAnswer as Grace).#add(waiting)
    return waiting
  }

  /** Removes an escape whose rejection was handled late. Without another one, cancels the forced answer. */
  static takeBack(context: RequestContext, waiting: Waiting | undefined): void {
    const grace = context.forcedAnswer
    if (waiting?.isOver === false && grace instanceof Grace) grace.#remove(waiting)
  }

  #remove(waiting: Waiting): void {
    if (!this.#held.delete(waiting)) this.#others = Math.max(0, this.#others - 1)
    if (this.#isEmpty) this.#stop()
    else if (waiting === this.#next) this.#waitForNext()
  }

  get #isEmpty(): boolean {
    return this.#held.size === 0 && this.#others === 0
  }

  cancel(): void {
    clearTimeout(this.#timer)
    this.#wait = undefined
  }

  #add(waiting: Waiting): void {
    waiting.end = performance.now() + waiting.length
    if (this.#held.size < MAX_HELD) this.#held.add(waiting)
    else {
      this.#others += 1
      this.#newestOther = waiting
    }
    if (this.#next === undefined || waiting.end < this.#next.end) this.#waitFor(waiting)
  }

  #waitForNext(): void {
    let next = this.#others > 0 ? this.#newestOther : undefined
    for (const waiting of this.#held) if (next === undefined || waiting.end < next.end) next = waiting
    if (next !== undefined) this.#waitFor(next)
  }

  #waitFor(waiting: Waiting): void {
    this.cancel()
    this.#next = waiting
    const wait = {}
    this.#wait = wait
    this.#timer = setTimeout(() => {
      // after a blocked event loop the request's own timers and callbacks are due too: let them run first
      // No `clearImmediate`, which breaks Node's list of immediates where a tick of one of them throws.
      setImmediate(() => {
        if (this.#wait === wait) this.#end(waiting)
      })
    }, waiting.end - performance.now())
  }

  #end(waiting: Waiting): void {
    const context = this.#context
    this.#next = undefined
    if (!this.#held.delete(waiting)) this.#others = waiting === this.#newestOther ? 0 : this.#others - 1
    if (context.done) return
    waiting.isOver = waiting.answer() !== WAIT_AGAIN
    if (!waiting.isOver) this.#add(waiting)
    if (context.done || context.ended !== undefined || this.#isEmpty) this.#stop()
    else this.#waitForNext()
  }

  #stop(): void {
    this.cancel()
    this.#context.forcedAnswer = undefined
  }
}
