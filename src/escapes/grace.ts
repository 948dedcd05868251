import type { Fault } from '../fault/fault.ts'
import type { ForcedAnswer, RequestContext } from '../request/context.ts'

/**
 * The time that a request has to answer by itself after an error escaped from it, so that a floating promise never
 * turns a good answer into a bad one. It starts with the first escape and ends with the response.
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
      // after a blocked event loop the request's own timers and callbacks are due too: let them run first
      this.#immediate = setImmediate(() => {
        context.forcedAnswer = undefined
        if (!context.done) answer(this.#first)
      })
    }, context.route.grace)
  }

  /** Starts the grace of a request, or adds a fault to the one that is running. */
  static give(context: RequestContext, fault: Fault, answer: (fault: Fault) => void): void {
    if (context.done) return
    if (context.forcedAnswer instanceof Grace) context.forcedAnswer.#faults.add(fault)
    else context.forcedAnswer = new Grace(context, fault, answer)
  }

  /** Removes a fault whose rejection was handled late. Without another one, cancels the forced answer. */
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

  cancel(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
  }
}
