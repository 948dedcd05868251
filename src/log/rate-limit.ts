import type { Fault } from '../fault/fault.ts'
import { isUnowned } from '../fault/unowned.ts'

/** How many bugs are counted separately in one window, so that ever new ones cannot fill the memory. */
const MAX_FINGERPRINTS = 1000

/** The fingerprint under which all bugs beyond {@link MAX_FINGERPRINTS} of a window are counted together. */
const OTHERS = 'others'

/** The connections of a pool that die together say the same thing. */
const UNOWNED_BURST = 1

/** What was held back of one bug in one window. */
export interface HeldBack {
  /** As {@link Fault.fingerprint}; `others` where a window saw more than 1000 bugs. */
  readonly fingerprint: string
  /** How many faults were counted but not logged. */
  readonly heldBack: number
  /** The route's pattern of the newest of them. */
  readonly route: string | undefined
  /** The id of one of their requests, as an example. */
  readonly reqId: string | undefined
  /** Milliseconds. */
  readonly window: number
}

interface Entry {
  logged: number
  heldBack: number
  route: string | undefined
  reqId: string | undefined
}

/**
 * Keeps a bug on a busy route from filling the disk. Of each bug the first faults in each window are logged, of
 * one that is no request's own the first alone; the others are counted, and reported at the end of the window.
 */
export class LogRateLimit {
  readonly #burst: number
  readonly #window: number
  readonly #report: (held: HeldBack) => void
  readonly #entries: Map<string, Entry> = new Map()
  #windowEnd = 0
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  /**
   * @param burst - Faults of one bug that are logged in one window.
   * @param window - Milliseconds.
   * @param report - Called once a window for each bug of which faults were held back.
   */
  constructor(burst: number, window: number, report: (held: HeldBack) => void) {
    this.#burst = burst
    this.#window = window
    this.#report = report
  }

  /** Whether this fault is to be logged in full. A fatal one always is. */
  admits(fault: Fault): boolean {
    if (fault.verdict === 'fatal' || this.#burst === Number.POSITIVE_INFINITY || this.#isOver) return true
    if (fault.at >= this.#windowEnd) this.#startWindow(fault.at)
    const entry = this.#entryOf(fault.fingerprint)
    const burst = isUnowned(fault) ? Math.min(this.#burst, UNOWNED_BURST) : this.#burst
    if (entry.logged < burst) {
      entry.logged += 1
      return true
    }
    entry.heldBack += 1
    entry.route = fault.request?.route
    entry.reqId = fault.request?.id
    this.#timer ??= setTimeout(() => this.flush(), this.#windowEnd - fault.at).unref()
    return false
  }

  /** Ends the window now and reports what it held back. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#windowEnd = 0
    const entries = [...this.#entries]
    this.#entries.clear()
    for (const [fingerprint, { heldBack, route, reqId }] of entries) {
      if (heldBack > 0) this.#report({ fingerprint, heldBack, route, reqId, window: this.#window })
    }
  }

  /** Reports what was held back, and admits every fault from now on: there may be no end of a window after this. */
  end(): void {
    this.#isOver = true
    this.flush()
  }

  #startWindow(now: number): void {
    this.flush()
    this.#windowEnd = now + this.#window
  }

  #entryOf(fingerprint: string): Entry {
    const known = this.#entries.get(fingerprint)
    if (known !== undefined) return known
    const key = this.#entries.size < MAX_FINGERPRINTS ? fingerprint : OTHERS
    const entry = this.#entries.get(key) ?? { logged: 0, heldBack: 0, route: undefined, reqId: undefined }
    this.#entries.set(key, entry)
    return entry
  }
}
