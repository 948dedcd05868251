import type { Fault } from '../fault/fault.ts'
import type { ForcedAnswer, RequestContext } from '../request/context.ts'

/**
 * The time that a request has to answer by itself after an error escaped from it: a floating promise must never
 * turn a good answer into a bad one. It starts with the first escape and ends with the response.
 */
export class Grace implements ForcedAnswer {
  readonly #timer: NodeJS.Timeout
  #immediate: NodeJS.Immediate | undefined
  readonly #faults: Set<Fault> = new Set()
  #first: Fault

  private constructor(context: RequestContext, fault: Fault, answer: (fault: Fault) => void) {
    this.#first = fault
    this.#faults.add(fault)
    this.#timer = setTimeout(() => {
      // where the event loop was blocked, the request's own timers and callbacks are due as well: they come first
      this.#immediate = setImmediate(() => {
        context.forcedAnswer = undefined
        if (!context.done) answer(this.#first)
      })
    }, context.route.grace)
  }

  /** Gives a request its grace, or adds one more fault to the one that it has. */
  static give(context: RequestContext, fault: Fault, answer: (fault: Fault) => void): void {
    if (context.done) return
    if (context.forcedAnswer instanceof Grace) context.forcedAnswer.#faults.add(fault)
    else context.forcedAnswer = new Grace(context, fault, answer)
  }

  /** The fault was none, for its rejection was handled: without another one, no answer is forced any more. */
  static takeBack(context: RequestContext, fault: Fault): void {
    const grace = context.forcedAnswer
    if (!(grace instanceof Grace) || !grace.#faults.delete(fault)) return
    const [next] = grace.#faults
    if (next !== undefined) grace.#first = next
    else {
      grace.cancel()
      context.forcedAnswer = undefined
    }
  }

  /** The response is over. */
  cancel(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
  }
}
