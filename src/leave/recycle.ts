/** The most that `setTimeout` takes. */
const LONGEST_TIMER = 2 ** 31 - 1

/** Up to 10 %, drawn once a process, so that a fleet that started as one does not restart as one. */
const JITTER: number = Math.random() * 0.1

/** Leaves once the process has been up long enough. One a process. */
export class Recycling {
  readonly #leave: () => void
  #timer: NodeJS.Timeout | undefined
  #due = Infinity

  constructor(leave: () => void) {
    this.#leave = leave
  }

  /**
   * Recycles the process at the given uptime and up to 10 % more, at once where that is past. The earliest of
   * several demands counts. The timer keeps no process alive.
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
