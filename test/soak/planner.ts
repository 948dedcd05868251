import { Choices } from './choices.ts'
import { healthyRequest } from './healthy-requests.ts'
import type { Planned } from './planned.ts'
import type { Row } from './rows.ts'

/** How many of the requests have neither fault nor escape. */
const HEALTHY = 0.6

/** Starting a thread or a process takes the server's time: one in so many of these is sent. */
const DEAR: ReadonlySet<string> = new Set(['worker-crash', 'child-process-callback'])
const DEAR_SHARE = 0.1

/** Decides what one client sends. What it decides depends on the seed and its name alone. */
export class Planner {
  readonly choices: Choices
  readonly #name: string
  readonly #rows: readonly Row[]
  #planned = 0

  /** @param rows What the client may send besides healthy requests. */
  constructor(seed: number, name: string, rows: readonly Row[]) {
    this.#name = name
    this.#rows = rows
    let own = seed
    for (const letter of name) own = Math.imul(own ^ letter.charCodeAt(0), 0x01000193)
    this.choices = new Choices(own)
  }

  nonce(): string {
    this.#planned += 1
    return `${this.#name}-${this.#planned}`
  }

  /**
   * The next request: one, or two that have to follow one another.
   *
   * @param only The only method, for healthy requests.
   */
  next(only?: 'GET'): Planned[] {
    if (!this.choices.happens(HEALTHY)) return this.failing()
    return [healthyRequest(this.nonce(), this.choices, only)]
  }

  /** As {@link next}, but never healthy. */
  failing(): Planned[] {
    let row = this.row()
    while (DEAR.has(row.name) && !this.choices.happens(DEAR_SHARE)) row = this.row()
    const planned = row.plan(this.nonce())
    return row.name === 'shared-emitter' ? [this.#listening(), planned] : [planned]
  }

  row(): Row {
    return this.choices.one(this.#rows)
  }

  /** What the request after it emits to. */
  #listening(): Planned {
    const expected = { status: 200, body: '{}', isCut: false, faults: [] }
    return { nonce: this.nonce(), name: 'listen', method: 'GET', path: '/listen', body: undefined, expected }
  }
}
