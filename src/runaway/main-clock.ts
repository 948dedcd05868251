import { readFileSync } from 'node:fs'

/**
 * How much longer the main thread may sleep in a system call than it may compute, where both can be told apart.
 */
const SLEEP_FACTOR = 4

/** Milliseconds of CPU time by which a tick of the thread counts as one in which the main thread computed. */
const NO_CPU = 0.5

/**
 * Counts, in the watching thread, the milliseconds that the main thread itself is to blame for. On Linux that is its CPU
 * time: starving, a stopped process, a sleeping machine and the pause of a debugger use none. What it sleeps in a system
 * call counts a quarter. Elsewhere the thread's own ticks that came in time are all that is known.
 */
export class MainClock {
  readonly #pid: number
  #first: number | undefined
  #seen: number | undefined
  #slept = 0
  #lastTick: number = performance.now()

  constructor(pid: number) {
    this.#pid = pid
    this.#first = cpuTime(pid)
    this.#seen = this.#first
  }

  /**
   * Called at every tick.
   *
   * @param period Milliseconds between two ticks. One that comes late has not been able to run itself.
   */
  tick(period: number): void {
    const now = performance.now()
    const passed = now - this.#lastTick
    this.#lastTick = now
    const cpu = cpuTime(this.#pid)
    const isAsleep = cpu === undefined || (cpu - (this.#seen ?? cpu) < NO_CPU && !isRunnable(this.#pid))
    if (isAsleep && passed < period * 2) this.#slept += passed
    this.#seen = cpu
  }

  /** Milliseconds so far. */
  get counted(): number {
    if (this.#first === undefined || this.#seen === undefined) return this.#slept
    return this.#seen - this.#first + this.#slept / SLEEP_FACTOR
  }

  /** Milliseconds so far, where sleeping counts whole. */
  get silent(): number {
    return this.counted + (this.#first === undefined ? 0 : (this.#slept * (SLEEP_FACTOR - 1)) / SLEEP_FACTOR)
  }
}

/** Milliseconds of CPU time that the main thread has used; undefined where the system does not tell. */
function cpuTime(pid: number): number | undefined {
  try {
    const [nanoseconds] = readFileSync(`/proc/self/task/${pid}/schedstat`, 'latin1').split(' ')
    return Number(nanoseconds) / 1e6
  } catch {
    return undefined
  }
}

/** Whether the main thread runs, or would if there were a free CPU. */
function isRunnable(pid: number): boolean {
  try {
    return /^State:\s+R/m.test(readFileSync(`/proc/self/task/${pid}/status`, 'latin1'))
  } catch {
    return false
  }
}
