/** Above this many answers, older ones count for less. */
const MEMORY = 100

/** What is told of each request that ends while it is on. */
export interface Watch {
  readonly isOn: boolean
  count(route: RouteHealth, isGood: boolean): void
}

/** How the requests of one route have ended, as far as it says whether the route was fine before. */
export class RouteHealth {
  /** Whether it was fine at the beginning of some second of the watch: most of its answers were good. */
  isFine = false
  /** The second of the watch in which a request ended last. */
  endedIn = -1
  readonly #watch: Watch
  #good = 0
  #bad = 0
  #judgedIn = -1

  constructor(watch: Watch) {
    this.#watch = watch
  }

  /** Called as a request ends: well, or with a fault, an answer that was forced, or cut. */
  add(isGood: boolean): void {
    if (this.#watch.isOn) this.#watch.count(this, isGood)
    if (isGood) this.#good += 1
    else this.#addBad()
  }

  /** Judges the route by what ended before this second. Called before anything is added in it. */
  judge(second: number): void {
    if (this.#judgedIn === second) return
    this.#judgedIn = second
    // What was fine once has to show that it is sick, however long it has been so.
    this.isFine ||= this.#good > this.#bad
  }

  /** Forgets the judgement of a watch that is over. */
  reset(): void {
    this.isFine = false
    this.endedIn = -1
    this.#judgedIn = -1
  }

  #addBad(): void {
    this.#bad += 1
    // Only here: a good answer has to cost next to nothing.
    if (this.#good + this.#bad <= MEMORY) return
    this.#good /= 2
    this.#bad /= 2
  }
}
