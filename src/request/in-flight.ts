import type { RequestContext } from './context.ts'

/**
 * The requests that are being answered, oldest first. The contexts themselves are the links of the list: every
 * request comes and goes, and a `Set` costs each of them a quarter of a microsecond, which is a percent of the
 * whole request.
 */
export class InFlight implements Iterable<RequestContext> {
  #oldest: RequestContext | undefined = undefined
  #newest: RequestContext | undefined = undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Adds one that is not in the list. */
  add(context: RequestContext): void {
    const newest = this.#newest
    context.older = newest
    if (newest === undefined) this.#oldest = context
    else newest.newer = context
    this.#newest = context
    this.#size += 1
  }

  /** Does nothing to one that is not in the list. */
  delete(context: RequestContext): void {
    const { older, newer } = context
    if (older === undefined && this.#oldest !== context) return
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    // a context that somebody holds on to must not hold the next ones
    context.older = undefined
    context.newer = undefined
    this.#size -= 1
  }

  /** Goes through those that are in the list now, whatever comes or goes meanwhile. */
  [Symbol.iterator](): Iterator<RequestContext> {
    const contexts: RequestContext[] = []
    for (let context = this.#oldest; context !== undefined; context = context.newer) contexts.push(context)
    return contexts.values()
  }
}
