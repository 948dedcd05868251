import type { FastifyBaseLogger } from 'fastify'
import { attempt } from '../attempt.ts'

/** Says once a window how many requests were turned away. */
export class TurnedAway {
  readonly #log: FastifyBaseLogger
  readonly #window: number
  readonly #counts: Map<string, number> = new Map()
  #timer: NodeJS.Timeout | undefined

  /** @param window Milliseconds. */
  constructor(log: FastifyBaseLogger, window: number) {
    this.#log = log
    this.#window = window
  }

  /** Counts a request. */
  add(route: string): void {
    this.#counts.set(route, (this.#counts.get(route) ?? 0) + 1)
    this.#timer ??= setTimeout(() => this.flush(), this.#window).unref()
  }

  /** Ends the window now. Never throws. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#counts.size === 0) return
    const turnedAway = Object.fromEntries(this.#counts)
    const total = [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
    this.#counts.clear()
    const many = total === 1 ? '1 request was' : `${total} requests were`
    const line = { quarantine: { turnedAway, window: this.#window } }
    attempt(() => this.#log.warn(line, `${many} turned away from closed routes`), undefined)
  }
}
