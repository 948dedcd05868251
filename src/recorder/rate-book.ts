import { OBSERVED, RATE_WORDS, RATES_HEAD, RATES_UNTIL } from '../flight/layout.ts'
import { RATE_HALF_LIFE, recentTime } from '../flight/recent-time.ts'
import type { Mark } from './shared-memory.ts'

/** Weighted milliseconds for which a route stood in the file. */
interface Rate {
  shown: number
  newest: number
}

/** A weight that a double still adds to exactly enough, some sixteen hours after all weights began at 1. */
const MAX_WEIGHT = 2 ** 100

/**
 * Counts for how long each route stood in the file, and as the newest request: how often a death that has nothing to do
 * with a route finds it there. A copied request that has ended stands there until the next copy, and so it counts. What
 * is long ago counts less: after an idle night a route that is busy now would look as if it were seldom there.
 */
export class RateBook {
  readonly #rates: Map<number, Rate> = new Map()
  #since: number
  /** What a millisecond of now weighs: the weight grows, so that nothing that was counted has to be touched again. */
  #weight = 1
  /** What a millisecond of the interval weighs, on average. */
  #intervalWeight = 1
  #observed = 0
  /** What the file shows since the last copy, and the newest of it. */
  #pairs: ReadonlySet<number> = new Set()
  #newest: number | undefined = undefined

  /** @param now Milliseconds since the epoch. */
  constructor(now: number) {
    this.#since = now
  }

  /**
   * Counts the time since the last copy.
   *
   * @param marks The requests that were written as they arrived, the oldest first.
   */
  endInterval(now: number, marks: readonly Mark[]): void {
    const begin = this.#since
    this.#passTime(Math.max(0, now - begin))
    const inside = (at: number): number => Math.min(Math.max(at, begin), now)
    const copied = this.#pairs
    for (const pair of copied) this.#addShown(pair, now - begin)
    const shownUntil = new Map<number, number>()
    let since = begin
    for (const [i, { pair, at, goneAt }] of marks.entries()) {
      const from = inside(at)
      const until = inside(goneAt)
      if (!copied.has(pair)) {
        const before = Math.max(from, shownUntil.get(pair) ?? from)
        this.#addShown(pair, until - before)
        shownUntil.set(pair, Math.max(until, before))
      }
      this.#addNewest(this.#newest, from - since)
      // an older request is the newest again where this one is gone
      since = Math.max(from, Math.min(until, inside(marks[i + 1]?.at ?? now)))
      this.#addNewest(pair, since - from)
    }
    this.#addNewest(this.#newest, now - since)
    this.#since = now
  }

  #passTime(milliseconds: number): void {
    if (this.#weight > MAX_WEIGHT) {
      for (const rate of this.#rates.values()) {
        rate.shown /= this.#weight
        rate.newest /= this.#weight
      }
      this.#observed /= this.#weight
      this.#weight = 1
    }
    this.#weight *= Math.min(2 ** (milliseconds / RATE_HALF_LIFE), MAX_WEIGHT)
    const time = recentTime(milliseconds) * this.#weight
    this.#intervalWeight = time / milliseconds || 0
    this.#observed += time
  }

  #addShown(pair: number, milliseconds: number): void {
    if (milliseconds > 0) this.#rateOf(pair).shown += milliseconds * this.#intervalWeight
  }

  #addNewest(pair: number | undefined, milliseconds: number): void {
    if (pair !== undefined && milliseconds > 0)
      this.#rateOf(pair).newest += milliseconds * this.#intervalWeight
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
    const weight = this.#weight
    body.writeDoubleLE(this.#observed / weight, OBSERVED * 8)
    body.writeDoubleLE(this.#since, RATES_UNTIL * 8)
    let at = RATES_HEAD * 8
    for (const [pair, { shown, newest }] of this.#rates) {
      if (at + RATE_WORDS * 8 > body.length) break
      body.writeDoubleLE(pair, at)
      body.writeDoubleLE(shown / weight, at + 8)
      body.writeDoubleLE(newest / weight, at + 16)
      at += RATE_WORDS * 8
    }
    return at
  }
}
