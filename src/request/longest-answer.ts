/** Milliseconds. */
const WINDOW = 600_000

/**
 * The longest good answer of a route in the last ten to twenty minutes, in milliseconds: two windows of ten minutes
 * cost a request less than a list of answers.
 */
export class LongestAnswer {
  #inWindow = 0
  #inWindowBefore = 0
  #windowEnd = 0

  /** Called as a request ends well. Times are in milliseconds, `now` since the epoch. */
  add(duration: number, now: number): void {
    if (duration > this.#inWindow || now >= this.#windowEnd) this.#remember(duration, now)
  }

  /** Returns 0 where there was none. */
  at(now: number): number {
    if (now < this.#windowEnd) return Math.max(this.#inWindow, this.#inWindowBefore)
    return now < this.#windowEnd + WINDOW ? this.#inWindow : 0
  }

  #remember(duration: number, now: number): void {
    if (now >= this.#windowEnd) {
      this.#inWindowBefore = now < this.#windowEnd + WINDOW ? this.#inWindow : 0
      this.#windowEnd = now + WINDOW
    }
    this.#inWindow = duration
  }
}
