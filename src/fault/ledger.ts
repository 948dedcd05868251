import type { Fault, FaultCounts, Origin, Verdict } from './fault.ts'

/** The most fingerprints kept, so that ever new kinds of faults cannot fill the memory. */
const MAX_FINGERPRINTS = 1000

/** The most names of jobs that are counted apart: an app may make them of what a client sent. */
const MAX_JOBS = 100

/** What counts the jobs beyond {@link MAX_JOBS}. */
const OTHER_JOBS = 'others'

/** A new fingerprint replaces the rarest of this many that were not seen for longest. */
const CANDIDATES = 8

/** The faults of one bug. */
export interface FingerprintCount {
  /** As {@link Fault.fingerprint}. */
  readonly fingerprint: string
  /** How many faults count under it. */
  readonly count: number
  /** The route's pattern of the newest, undefined where there was none. */
  readonly lastRoute: string | undefined
  /** When the newest was seen, in milliseconds since the epoch. */
  readonly lastAt: number
}

interface Entry {
  readonly fingerprint: string
  count: number
  lastRoute: string | undefined
  lastAt: number
}

/** Counts faults. It keeps numbers and names, never an error or a request. */
export class Ledger {
  #total = 0
  #forced = 0
  readonly #origin: Record<Origin, number> = {
    handler: 0,
    hook: 0,
    reply: 0,
    stream: 0,
    job: 0,
    rejection: 0,
    exception: 0,
    runaway: 0,
  }
  readonly #verdict: Record<Verdict, number> = { contain: 0, recycle: 0, fatal: 0 }
  readonly #jobs: Map<string, number> = new Map()
  // In the order in which they were last seen.
  readonly #entries = new Map<string, Entry>()
  #newest: Entry | undefined = undefined

  /**
   * Counts one fault.
   *
   * @param fingerprint Under which it counts. Default: its own.
   */
  add(fault: Fault, fingerprint: string = fault.fingerprint): void {
    this.#total += 1
    this.#origin[fault.origin] += 1
    this.#verdict[fault.verdict] += 1
    if (fault.job !== undefined) this.#addJob(fault.job)
    const entry = this.#newest?.fingerprint === fingerprint ? this.#newest : this.#renew(fingerprint)
    entry.count += 1
    entry.lastRoute = fault.request?.route
    entry.lastAt = fault.at
  }

  /** Counts a request that was ended by force. */
  addForced(): void {
    this.#forced += 1
  }

  #addJob(name: string): void {
    const key = this.#jobs.has(name) || this.#jobs.size < MAX_JOBS ? name : OTHER_JOBS
    this.#jobs.set(key, (this.#jobs.get(key) ?? 0) + 1)
  }

  /** Moves the entry of a bug to the end: the order is that in which they were last seen. */
  #renew(fingerprint: string): Entry {
    const known = this.#entries.get(fingerprint)
    if (known !== undefined) this.#entries.delete(fingerprint)
    else if (this.#entries.size >= MAX_FINGERPRINTS) this.#forgetOne()
    const entry = known ?? { fingerprint, count: 0, lastRoute: undefined, lastAt: 0 }
    this.#entries.set(fingerprint, entry)
    this.#newest = entry
    return entry
  }

  /** The counts as they are now: a frozen copy. */
  get counts(): FaultCounts {
    return Object.freeze({
      total: this.#total,
      origin: Object.freeze({ ...this.#origin }),
      verdict: Object.freeze({ ...this.#verdict }),
      forced: this.#forced,
      job: Object.freeze(Object.fromEntries(this.#jobs)),
    })
  }

  /** The bugs seen, at most 1000: the most frequent first, of equals the newest. */
  fingerprints(): FingerprintCount[] {
    return Array.from(this.#entries.values(), (entry) => ({ ...entry })).sort(
      (a, b) => b.count - a.count || b.lastAt - a.lastAt,
    )
  }

  #forgetOne(): void {
    let rarest: string | undefined
    let count = Number.POSITIVE_INFINITY
    let looked = 0
    for (const [fingerprint, entry] of this.#entries) {
      if (entry.count < count) {
        rarest = fingerprint
        count = entry.count
      }
      looked += 1
      if (looked === CANDIDATES) break
    }
    if (rarest !== undefined) this.#entries.delete(rarest)
  }
}
