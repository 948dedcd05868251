import { copyOf } from '../start-of.ts'

/** The most traces kept. */
const MAX_TRACES = 32

/** Characters; a longer trace is not kept. */
const MAX_LENGTH = 8192

interface Entry {
  readonly key: string
  readonly trace: string
  readonly fingerprint: string
}

/**
 * The fingerprints of the traces seen last. A trace is looked up by comparison and not in a Map: each is a new
 * string, and to hash it takes longer than to compare it.
 */
export class RecentTraces {
  readonly #entries: Entry[] = []
  #next = 0

  /**
   * @param key The error's type and code.
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

  /** Adds a trace that was not found, in place of the oldest. */
  add(key: string, trace: string, fingerprint: string): void {
    if (trace.length > MAX_LENGTH) return
    this.#entries[this.#next] = { key: copyOf(key), trace: copyOf(trace), fingerprint }
    this.#next = (this.#next + 1) % MAX_TRACES
  }
}
