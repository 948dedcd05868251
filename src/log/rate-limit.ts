import type { Fault } from '../fault/fault.ts'
import { isUnowned } from '../fault/verdict.ts'
import { copyOf } from '../start-of.ts'
import { FaultKind } from './fault-kind.ts'

/** How many bugs are counted separately in one window, so that ever new ones cannot fill the memory. */
const MAX_FINGERPRINTS = 1000

/** How many kinds of faults are kept in one window. Of any further ones each fault is read. */
const MAX_KINDS = 1000

/** The fingerprint under which all bugs beyond {@link MAX_FINGERPRINTS} of a window are counted together. */
const OTHERS = 'others'

/** The connections of a pool that die together say the same thing. */
const UNOWNED_BURST = 1

/** A line about a request that is no fault. */
export interface LimitedLine {
  readonly level: 'info' | 'warn' | 'error'
  /** The same for all lines of one kind. */
  readonly message: string
  readonly route: string | undefined
  readonly reqId: string | undefined
}

/** Decides whether a line about a request is logged. */
export interface LineLimit {
  admitsLine(line: LimitedLine): boolean
}

/** Before any time. */
const NO_WINDOW = Number.NEGATIVE_INFINITY

/** What was held back of one bug, or of the lines of one kind, in one window. */
export interface HeldBack {
  /** As {@link Fault.fingerprint}, `others` where a window saw more than 1000 bugs; undefined for lines. */
  readonly fingerprint?: string | undefined
  /** One of the lines; undefined for faults. */
  readonly line?: LimitedLine | undefined
  /** How many were counted but not logged. */
  readonly heldBack: number
  /** The route's pattern of the newest of them. */
  readonly route: string | undefined
  /** The id of one of their requests, as an example. */
  readonly reqId: string | undefined
  /** Milliseconds. */
  readonly window: number
}

/** A fault, and what is known of it without reading its stack. */
type LimitedFault = Fault & {
  /** The same for faults that may be of one bug. */
  readonly kind: string
}

/** What is done about one fault. */
export interface Judgement {
  /** Under which it counts: its own, or that of the faults of its kind, where its stack was not read. */
  readonly fingerprint: string
  /** Whether it is logged in full. */
  readonly isLogged: boolean
}

interface Entry {
  logged: number
  heldBack: number
  route: string | undefined
  reqId: string | undefined
}

function newEntry(): Entry {
  return { logged: 0, heldBack: 0, route: undefined, reqId: undefined }
}

/**
 * Keeps a bug on a busy route from filling the disk. Of each bug the first faults in each window are logged, of
 * one that is no request's own the first alone; the others are counted, and reported at the end of the window. Lines
 * that are no faults go by the same limit, by their kind.
 */
export class LogRateLimit implements LineLimit {
  readonly #now: () => number
  readonly #burst: number
  readonly #window: number
  readonly #report: (held: HeldBack) => void
  readonly #entries: Map<string, Entry> = new Map()
  readonly #kinds: Map<string, FaultKind> = new Map()
  /** By their message, of which the code of this package has a few. */
  readonly #lines: Map<string, { readonly entry: Entry; readonly line: LimitedLine }> = new Map()
  #windowEnd = NO_WINDOW
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  /**
   * @param burst - Faults of one bug that are logged in one window.
   * @param window - Milliseconds.
   * @param report - Called once a window for each bug of which faults were held back.
   * @param now - Milliseconds of a clock that nobody sets. Default: `performance.now`.
   */
  constructor(
    burst: number,
    window: number,
    report: (held: HeldBack) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#now = now
    this.#burst = burst
    this.#window = window
    this.#report = report
  }

  /** Decides whether a fault is logged in full, and under which fingerprint it counts. A fatal one always is logged. */
  judge(fault: LimitedFault): Judgement {
    if (fault.verdict === 'fatal' || this.#burst === Number.POSITIVE_INFINITY || this.#isOver) {
      return { fingerprint: fault.fingerprint, isLogged: true }
    }
    const now = this.#startDueWindow()
    const burst = isUnowned(fault) ? Math.min(this.#burst, UNOWNED_BURST) : this.#burst
    const fingerprint = this.#fingerprintOf(fault, burst)
    const entry = this.#entryOf(fingerprint)
    if (entry.logged < burst) {
      entry.logged += 1
      return { fingerprint, isLogged: true }
    }
    this.#holdBack(entry, fault.request?.route, fault.request?.id, now)
    return { fingerprint, isLogged: false }
  }

  /** Decides whether a line about a request that is no fault is logged. */
  admitsLine(line: LimitedLine): boolean {
    if (this.#burst === Number.POSITIVE_INFINITY || this.#isOver) return true
    const now = this.#startDueWindow()
    const { message } = line
    const { entry } = this.#lines.get(message) ?? { entry: newEntry() }
    this.#lines.set(message, { entry, line })
    if (entry.logged < this.#burst) {
      entry.logged += 1
      return true
    }
    this.#holdBack(entry, line.route, line.reqId, now)
    return false
  }

  #holdBack(entry: Entry, route: string | undefined, reqId: string | undefined, now: number): void {
    entry.heldBack += 1
    entry.route = route
    entry.reqId = reqId
    if (this.#timer === undefined) this.#startTimer(now)
  }

  #startTimer(now: number): void {
    this.#timer = setTimeout(() => this.flush(), this.#windowEnd - now).unref()
  }

  #fingerprintOf(fault: LimitedFault, burst: number): string {
    const { kind: name } = fault
    const kind = this.#kinds.get(name)
    if (kind !== undefined) {
      return kind.fingerprintOf(fault, this.#entryOf(kind.fingerprint).logged >= burst)
    }
    const { fingerprint } = fault
    if (this.#kinds.size < MAX_KINDS) this.#kinds.set(copyOf(name), new FaultKind(fingerprint))
    return fingerprint
  }

  /** Ends the window now and reports what it held back. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#windowEnd = NO_WINDOW
    const entries = [...this.#entries]
    const lines = [...this.#lines.values()]
    this.#entries.clear()
    this.#lines.clear()
    this.#kinds.clear()
    for (const [fingerprint, { heldBack, route, reqId }] of entries) {
      if (heldBack > 0) this.#report({ fingerprint, heldBack, route, reqId, window: this.#window })
    }
    for (const { entry, line } of lines) {
      const { heldBack, route, reqId } = entry
      if (heldBack > 0) this.#report({ line, heldBack, route, reqId, window: this.#window })
    }
  }

  /** Reports what was held back, and admits every fault from now on: there may be no end of a window after this. */
  end(): void {
    this.#isOver = true
    this.flush()
  }

  /** Starts a window where none is open, and returns what time it is. */
  #startDueWindow(): number {
    const now = this.#now()
    if (now >= this.#windowEnd) {
      this.flush()
      this.#windowEnd = now + this.#window
    }
    return now
  }

  #entryOf(fingerprint: string): Entry {
    const known = this.#entries.get(fingerprint)
    if (known !== undefined) return known
    const key = this.#entries.size < MAX_FINGERPRINTS ? fingerprint : OTHERS
    const entry = this.#entries.get(key) ?? newEntry()
    this.#entries.set(key, entry)
    return entry
  }
}
