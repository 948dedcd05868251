/** A seeded source of choices: the same seed makes the same ones, in the same order. */
export class Choices {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** At least 0 and less than 1. */
  fraction(): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1))
  }

  /** Whether something of this probability happens. */
  happens(probability: number): boolean {
    return this.fraction() < probability
  }

  one<T>(of: readonly T[]): T {
    return of[this.between(0, of.length - 1)] as T
  }
}
