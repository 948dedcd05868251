import type { Fault } from '../fault/fault.ts'
import type { ForcedAnswer, RequestContext } from '../request/context.ts'

/** What is done when the grace of a fault is over. */
type Answer = (fault: Fault) => void

/**
 * The time that a request has to answer by itself after an error escaped from it, so that a floating promise never
 * turns a good answer into a bad one. Each escape has a grace of its own: the first to end forces the answer.
 */
export class Grace implements ForcedAnswer {
  readonly #context: RequestContext
  readonly #faults: Map<Fault, { readonly end: number; readonly answer: Answer }> = new Map()
  #next: Fault | undefined
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
    if (!(grace instanceof Grace) || !grace.#faults.delete(fault)) return
    if (grace.#faults.size === 0) {
      grace.cancel()
      context.forcedAnswer = undefined
    } else if (fault === grace.#next) grace.#waitForNext()
  }

  cancel(): void {
    clearTimeout(this.#timer)
    this.#wait = undefined
  }

  #add(fault: Fault, length: number, answer: Answer): void {
    if (this.#faults.has(fault)) return
    const end = performance.now() + length
    this.#faults.set(fault, { end, answer })
    if (end < this.#endOf(this.#next)) this.#waitFor(fault)
  }

  #endOf(fault: Fault | undefined): number {
    return (fault && this.#faults.get(fault)?.end) ?? Number.POSITIVE_INFINITY
  }

  #waitForNext(): void {
    let next: Fault | undefined
    for (const fault of this.#faults.keys()) if (this.#endOf(fault) < this.#endOf(next)) next = fault
    if (next !== undefined) this.#waitFor(next)
  }

  #waitFor(fault: Fault): void {
    this.cancel()
    this.#next = fault
    const { end, answer } = this.#faults.get(fault) as { end: number; answer: Answer }
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
