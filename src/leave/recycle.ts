/** The longest delay that `setTimeout` takes, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1

/** Up to 10 %, random in each process, so that processes that started together do not restart together. */
const JITTER: number = Math.random() * 0.1

/** Makes the process leave once it has been up long enough. One for each process. */
export class Recycling {
  readonly #leave: () => void
  #timer: NodeJS.Timeout | undefined
  #due = Infinity

  constructor(leave: () => void) {
    this.#leave = leave
  }

  /**
   * Makes the process leave at the given uptime and up to 10 % more, at once where that is past. The earliest of
   * several demands counts. The timer does not keep the process alive.
   *
   * @param recycleAfter Milliseconds of uptime; `Infinity`: never.
   */
  demand(recycleAfter: number): void {
    const due = recycleAfter * (1 + JITTER)
    if (!(due < this.#due)) return
    this.#due = due
    this.#wait()
  }

  /** Forgets every demand. */
  cancel(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#due = Infinity
  }

  #wait(): void {
    clearTimeout(this.#timer)
    const left = this.#due - process.uptime() * 1_000
    const due = left <= LONGEST_TIMER ? () => this.#recycle() : () => this.#wait()
    this.#timer = setTimeout(due, Math.min(Math.max(left, 0), LONGEST_TIMER))
    this.#timer.unref()
  }

  #recycle(): void {
    this.cancel()
    this.#leave()
  }
}
