import type { RequestContext } from '../request/context.ts'
import { InFlightBoard } from './board.ts'

/** Told of requests that come and go. It must not throw. */
export interface InFlightObserver {
  add(context: RequestContext): void
  delete(context: RequestContext): void
}

/**
 * The requests that are being answered, oldest first. The contexts themselves are the links of the list, because a
 * `Set` costs every request a quarter of a microsecond: a percent of the whole request.
 */
export class InFlight implements Iterable<RequestContext> {
  #oldest: RequestContext | undefined = undefined
  #newest: RequestContext | undefined = undefined
  #size = 0
  /** Told of every request that comes and goes, where somebody wants to know. */
  observer: InFlightObserver | undefined = undefined
  #board: InFlightBoard | undefined = undefined

  get size(): number {
    return this.#size
  }

  /** The one board that shows them to other threads. It does so once it is the observer, or told by that. */
  get board(): InFlightBoard {
    this.#board ??= new InFlightBoard()
    return this.#board
  }

  /** Adds a request that is not in the list. */
  add(context: RequestContext): void {
    const newest = this.#newest
    context.older = newest
    if (newest === undefined) this.#oldest = context
    else newest.newer = context
    this.#newest = context
    this.#size += 1
    this.observer?.add(context)
  }

  /** Deletes a request. Does nothing for one that is not in the list. */
  delete(context: RequestContext): void {
    const { older, newer } = context
    if (older === undefined && this.#oldest !== context) return
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    // a context that is still referenced must not keep its neighbours alive
    context.older = undefined
    context.newer = undefined
    this.#size -= 1
    this.observer?.delete(context)
  }

  /**
   * The newest request that is so, undefined where none of those that are looked at is. Makes no copy.
   *
   * @param isSo It must not throw, and make no request come or go.
   * @param most How many are looked at, the newest.
   */
  findNewest(isSo: (context: RequestContext) => boolean, most: number): RequestContext | undefined {
    let context = this.#newest
    for (let i = 0; context !== undefined && i < most; i += 1) {
      if (isSo(context)) return context
      context = context.older
    }
    return undefined
  }

  /** Iterates over a copy, because requests come and go meanwhile. */
  [Symbol.iterator](): Iterator<RequestContext> {
    const contexts: RequestContext[] = []
    for (let context = this.#oldest; context !== undefined; context = context.newer) contexts.push(context)
    return contexts.values()
  }
}
