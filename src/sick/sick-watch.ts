import type { Sickness } from '../report/crash-report.ts'
import { RouteHealth, type Watch } from './route-health.ts'

/** Milliseconds between two looks. */
const SECOND = 1_000

/** The seconds that are looked at together. */
const WINDOW = 10

/** Fewer requests say nothing. */
const MIN_REQUESTS = 20

/** A request that has no answer yet. */
export interface WaitingRequest {
  readonly route: RouteHealth
  /** Milliseconds since it arrived. */
  readonly age: number
  /** The longest good answer of its route, in milliseconds. */
  readonly longestAnswer: number
}

/** Whether a request waits longer than it ever had to, on a route that was fine before. */
export function waitsTooLong({ route, age, longestAnswer }: WaitingRequest): boolean {
  return route.isFine && age > 2 * longestAnswer
}

/** What came of the requests and connections of one second. */
interface Second {
  /** Requests that ended, on routes that were fine before. */
  ended: number
  failed: number
  /** Requests that ended on any route. */
  answered: number
  /** Connections that the app failed to take. */
  lost: number
}

function newSecond(): Second {
  return { ended: 0, failed: 0, answered: 0, lost: 0 }
}

/**
 * Watches an app of a process in which an error has escaped, because it may have broken what requests share: a pool
 * whose connections never come back, a lock that is held for ever. Until then it costs nothing but the counts of
 * {@link RouteHealth}.
 */
export class SickWatch implements Watch {
  /** Whether the app is being watched. */
  isOn = false
  readonly #waiting: () => Iterable<WaitingRequest>
  readonly #onSick: (sickness: Sickness) => void
  readonly #routes: RouteHealth[] = []
  #seconds: Second[] = []
  #second = 0
  #stuckFor = 0
  #timer: NodeJS.Timeout | undefined

  /**
   * @param waiting The requests that have no answer yet.
   * @param onSick Called each second in which the app is sick. Must not throw.
   */
  constructor(waiting: () => Iterable<WaitingRequest>, onSick: (sickness: Sickness) => void) {
    this.#waiting = waiting
    this.#onSick = onSick
  }

  /** Adds a route. */
  addRoute(): RouteHealth {
    const route = new RouteHealth(this)
    this.#routes.push(route)
    return route
  }

  /** Begins to watch. Called when an error has escaped; does nothing where the watch is on. */
  start(): void {
    if (this.isOn) return
    this.isOn = true
    this.#second = 0
    this.#stuckFor = 0
    this.#seconds = Array.from({ length: WINDOW }, newSecond)
    for (const route of this.#routes) {
      route.reset()
      route.judge(0)
    }
    this.#timer = setInterval(() => this.#endSecond(), SECOND)
    this.#timer.unref()
  }

  /** Stops watching, until the next {@link start}. */
  stop(): void {
    this.isOn = false
    clearInterval(this.#timer)
  }

  /** Counts a request that has ended. */
  count(route: RouteHealth, isGood: boolean): void {
    route.judge(this.#second)
    route.endedIn = this.#second
    const second = this.#current
    second.answered += 1
    if (!route.isFine) return
    second.ended += 1
    if (!isGood) second.failed += 1
  }

  /** Counts a connection that was lost because an error escaped as the app took it: its requests are never seen. */
  lostConnection(): void {
    if (this.isOn) this.#current.lost += 1
  }

  get #current(): Second {
    return this.#seconds[this.#second % WINDOW] as Second
  }

  #endSecond(): void {
    const waiting = this.#countStuck()
    this.#stuckFor = waiting < MIN_REQUESTS ? 0 : this.#stuckFor + 1
    const { ended, failed, answered, lost } = this.#sum()
    const isWhole = this.#second >= WINDOW - 1
    const isFailing = isWhole && ended >= MIN_REQUESTS && failed * 2 >= ended
    const isDeaf = isWhole && lost >= MIN_REQUESTS && answered === 0
    if (isDeaf) this.#onSick({ ended, failed, waiting, lost })
    else if (isFailing || this.#stuckFor >= WINDOW) this.#onSick({ ended, failed, waiting })
    this.#second += 1
    Object.assign(this.#current, newSecond())
  }

  /** Counts the requests that wait too long on a route that was fine before, and of which none ended in this second. */
  #countStuck(): number {
    let stuck = 0
    for (const request of this.#waiting()) {
      request.route.judge(this.#second)
      if (request.route.endedIn !== this.#second && waitsTooLong(request)) stuck += 1
    }
    return stuck
  }

  #sum(): Second {
    const sum = newSecond()
    for (const { ended, failed, answered, lost } of this.#seconds) {
      sum.ended += ended
      sum.failed += failed
      sum.answered += answered
      sum.lost += lost
    }
    return sum
  }
}
