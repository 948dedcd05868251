import type { Fault } from '../fault/fault.ts'
import { LONGEST_TIMER } from '../settles-within.ts'

/** Makes the process leave once it has been up long enough. One for each process. */
export class Recycling {
  readonly #leave: (fault: Fault | undefined) => void
  readonly #share: number
  #timer: NodeJS.Timeout | undefined
  #due = Infinity
  #dueAt: number | undefined
  #fault: Fault | undefined

  /**
   * @param leave Called when it is due, with the fault that demanded it.
   * @param share The part of a spread that this process waits, from 0 to 1: random, so that processes in which the same
   *   thing failed do not leave as one. It is the same for each demand: with many, the shortest would count.
   */
  constructor(leave: (fault: Fault | undefined) => void, share: number = Math.random()) {
    this.#leave = leave
    this.#share = share
  }

  /** When the process leaves, in milliseconds since the epoch; undefined where nothing demands it. */
  get dueAt(): number | undefined {
    return this.#dueAt
  }

  /** The fault that asks for it; undefined where none does. */
  get fault(): Fault | undefined {
    return this.#fault
  }

  /**
   * Makes the process leave once it has been up for `recycleAfter`, and a part of `spread` after that or after now. The
   * earliest of several demands counts. The timer does not keep the process alive.
   *
   * @param recycleAfter Milliseconds of uptime; `Infinity`: never.
   * @param spread Milliseconds.
   * @param fault The fault that asks for it.
   * @returns Whether it is due earlier than before.
   */
  demand(recycleAfter: number, spread: number, fault?: Fault): boolean {
    const uptime = process.uptime() * 1_000
    const due = Math.max(recycleAfter, uptime) + this.#share * spread
    if (!(due < this.#due)) return false
    this.#due = due
    this.#fault = fault
    this.#dueAt = Math.round(Date.now() + due - uptime)
    this.#wait()
    return true
  }

  /** Forgets every demand. */
  cancel(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#due = Infinity
    this.#dueAt = undefined
    this.#fault = undefined
  }

  #wait(): void {
    clearTimeout(this.#timer)
    const left = this.#due - process.uptime() * 1_000
    const due = left <= LONGEST_TIMER ? () => this.#recycle() : () => this.#wait()
    this.#timer = setTimeout(due, Math.min(Math.max(left, 0), LONGEST_TIMER))
    this.#timer.unref()
  }

  #recycle(): void {
    const fault = this.#fault
    this.cancel()
    this.#leave(fault)
  }
}
