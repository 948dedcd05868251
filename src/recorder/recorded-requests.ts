import { METHODS } from 'node:http'
import type { FlightFile } from '../flight/flight-file.ts'
import { nameLine } from '../flight/flight-names.ts'
import { MARK_BYTES, MARKS, pairOf } from '../flight/layout.ts'
import { type InFlightBoard, SLOTS } from '../in-flight/board.ts'
import type { InFlightObserver } from '../in-flight/in-flight.ts'
import type { RequestContext } from '../request/context.ts'
import { MARK_COUNT, type SharedMemory, tellGone, tellMark } from './shared-memory.ts'

/** How many requests a second are written as they arrive. */
const MARKS_A_SECOND = 50
/** How many of them may come at once. */
const AT_ONCE = 10
/** How many are kept in reserve for routes that are rarely asked for. */
const RESERVE = 5
/** Milliseconds after its last mark from which a route may use the reserve. */
const RARE = 1_000
/** Takes a mark away. */
const NOTHING: Buffer = Buffer.alloc(4)

/**
 * Shows the requests to the thread, and writes some of them into the file before their handler runs, because a death in
 * the handler's first statement comes before the thread's next copy: the first one of each route, up to 50 a second,
 * and of those rather the ones whose route is rarely asked for.
 */
export class RecordedRequests implements InFlightObserver {
  readonly #board: InFlightBoard
  readonly #file: FlightFile
  readonly #shared: SharedMemory
  readonly #bytes: Buffer = Buffer.alloc(MARK_BYTES)
  /** When each route was marked last, in milliseconds since the epoch; 0 where it never was. */
  readonly #markedAt: Float64Array
  /** The number of the mark of each slot, plus one; 0 where it has none. */
  readonly #marks: Int32Array = new Int32Array(SLOTS)
  /** How many marks are left, and since when. */
  readonly #left: Float64Array = Float64Array.of(AT_ONCE, 0)
  readonly #writesAllUntil: number

  /**
   * @param routes How many routes are covered.
   * @param writesAllUntil Until when every request is written as it arrives, in milliseconds since the epoch.
   */
  constructor(
    board: InFlightBoard,
    file: FlightFile,
    shared: SharedMemory,
    routes: number,
    writesAllUntil: number,
  ) {
    this.#board = board
    this.#file = file
    this.#shared = shared
    this.#markedAt = new Float64Array(pairOf(routes, 0))
    this.#writesAllUntil = writesAllUntil
  }

  add(context: RequestContext): void {
    this.#board.add(context)
    const { route, slot, startedAt } = context
    if (slot === -1) return
    // a slot that was taken over
    if (this.#marks[slot] !== 0) this.#unmark(slot)
    const method = this.#board.methodOf(context)
    const pair = pairOf(route.index, method)
    const markedAt = this.#markedAt[pair]
    if (markedAt === 0) this.#file.addName(nameLine(pair, METHODS[method] ?? '', route.pattern))
    else if (!this.#mayMark(startedAt, startedAt - (markedAt as number)) && startedAt >= this.#writesAllUntil)
      return
    this.#markedAt[pair] = startedAt
    this.#mark(context, pair)
  }

  #mark(context: RequestContext, pair: number): void {
    this.#bytes.set(this.#board.slotOf(context))
    const number = tellMark(this.#shared, pair, context.startedAt)
    this.#file.mark(this.#bytes, number)
    // to take each away again would double what it costs, and the next copy does it too
    if (context.startedAt >= this.#writesAllUntil) this.#marks[context.slot] = number + 1
  }

  /** Writes what is in flight, because the process exits before the thread's next copy. */
  markAll(contexts: Iterable<RequestContext>): void {
    for (const context of [...contexts].slice(-MARKS)) {
      if (context.slot !== -1) this.#mark(context, pairOf(context.route.index, this.#board.methodOf(context)))
    }
  }

  delete(context: RequestContext): void {
    const { slot } = context
    if (slot !== -1 && this.#marks[slot] !== 0 && this.#board.shows(context)) this.#unmark(slot)
    this.#board.delete(context)
  }

  #unmark(slot: number): void {
    const number = (this.#marks[slot] as number) - 1
    this.#marks[slot] = 0
    const { words } = this.#shared
    if ((words[MARK_COUNT] as number) - number > MARKS) return
    tellGone(this.#shared, number, Date.now())
    this.#file.mark(NOTHING, number)
  }

  /** @param silence Milliseconds since the route was marked last. */
  #mayMark(now: number, silence: number): boolean {
    const tokens = this.#left
    const passed = now - (tokens[1] as number)
    if (passed !== 0) {
      tokens[0] = Math.min(AT_ONCE, (tokens[0] as number) + (Math.max(0, passed) * MARKS_A_SECOND) / 1_000)
      tokens[1] = now
    }
    const left = tokens[0] as number
    if (left < 1 || (left < RESERVE && silence < RARE)) return false
    tokens[0] = left - 1
    return true
  }
}
