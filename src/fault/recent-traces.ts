/** Traces remembered. More bugs than that at once are a broken release, which costs what it costs. */
const MAX_TRACES = 32

/** A longer trace is not worth its memory, in characters. */
const MAX_LENGTH = 8192

interface Entry {
  readonly key: string
  readonly trace: string
  readonly fingerprint: string
}

/**
 * The fingerprints of the traces seen last. They are found by comparison and not by a hash: a trace is a new string
 * each time, so that its hash would have to be made each time, which takes longer than all the rest.
 */
export class RecentTraces {
  readonly #entries: Entry[] = []
  #next = 0

  /**
   * @param key What else tells bugs apart: the error's type and code.
   * @param trace The part of the stack that holds its frames.
   */
  find(key: string, trace: string): string | undefined {
    const entries = this.#entries
    for (let i = 0; i < entries.length; i += 1) {
      const entry = entries[i] as Entry
      if (entry.trace.length === trace.length && entry.key === key && entry.trace === trace)
        return entry.fingerprint
    }
    return undefined
  }

  /** Remembers one that was not found, in place of the oldest. */
  add(key: string, trace: string, fingerprint: string): void {
    if (trace.length > MAX_LENGTH) return
    this.#entries[this.#next] = { key, trace, fingerprint }
    this.#next = (this.#next + 1) % MAX_TRACES
  }
}
