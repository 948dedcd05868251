import { OBSERVED, RATE_WORDS, RATES_HEAD, RATES_UNTIL } from '../flight/layout.ts'
import type { Mark } from './shared-memory.ts'

/** Milliseconds for which a route stood in the file. */
interface Rate {
  shown: number
  newest: number
}

/**
 * Counts for how long each route stood in the file, and as the newest request: how often a death that has nothing to do
 * with a route finds it there. A copied request that has ended stands there until the next copy, and so it counts.
 */
export class RateBook {
  readonly #beganAt: number
  readonly #rates: Map<number, Rate> = new Map()
  #since: number
  /** What the file shows since the last copy, and the newest of it. */
  #pairs: ReadonlySet<number> = new Set()
  #newest: number | undefined = undefined

  /** @param now Milliseconds since the epoch. */
  constructor(now: number) {
    this.#beganAt = now
    this.#since = now
  }

  /**
   * Counts the time since the last copy.
   *
   * @param marks The requests that were written as they arrived, the oldest first.
   */
  endInterval(now: number, marks: readonly Mark[]): void {
    const begin = this.#since
    const inside = (at: number): number => Math.min(Math.max(at, begin), now)
    const copied = this.#pairs
    for (const pair of copied) this.#rateOf(pair).shown += now - begin
    const shownUntil = new Map<number, number>()
    let since = begin
    for (const [i, { pair, at, goneAt }] of marks.entries()) {
      const from = inside(at)
      const until = inside(goneAt)
      if (!copied.has(pair)) {
        const before = Math.max(from, shownUntil.get(pair) ?? from)
        if (until > before) this.#rateOf(pair).shown += until - before
        shownUntil.set(pair, Math.max(until, before))
      }
      this.#addNewest(this.#newest, from - since)
      // an older request is the newest again where this one is gone
      since = Math.max(from, Math.min(until, inside(marks[i + 1]?.at ?? now)))
      this.#addNewest(pair, since - from)
    }
    this.#addNewest(this.#newest, now - since)
    this.#since = Math.max(begin, now)
  }

  #addNewest(pair: number | undefined, milliseconds: number): void {
    if (pair !== undefined && milliseconds > 0) this.#rateOf(pair).newest += milliseconds
  }

  /**
   * @param pairs What the new copy shows.
   * @param newest The one with the newest request.
   */
  beginInterval(pairs: ReadonlySet<number>, newest: number | undefined): void {
    this.#pairs = pairs
    this.#newest = newest
  }

  #rateOf(pair: number): Rate {
    let rate = this.#rates.get(pair)
    if (rate === undefined) {
      rate = { shown: 0, newest: 0 }
      this.#rates.set(pair, rate)
    }
    return rate
  }

  /**
   * Writes everything into memory, as much as it takes.
   *
   * @returns How many bytes that were.
   */
  fill(body: Buffer): number {
    body.writeDoubleLE(this.#since - this.#beganAt, OBSERVED * 8)
    body.writeDoubleLE(this.#since, RATES_UNTIL * 8)
    let at = RATES_HEAD * 8
    for (const [pair, { shown, newest }] of this.#rates) {
      if (at + RATE_WORDS * 8 > body.length) break
      body.writeDoubleLE(pair, at)
      body.writeDoubleLE(shown, at + 8)
      body.writeDoubleLE(newest, at + 16)
      at += RATE_WORDS * 8
    }
    return at
  }
}
