import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds between two looks. */
const PAUSE = 50

/**
 * Tells the time without that in which a machine had no core for a process or for this one, so that what waits for a core is
 * not taken for what hangs. On other systems than Linux it is the time that passes.
 */
export class FairClock {
  readonly #pid: number
  #fair = 0
  #seen: { readonly at: number; readonly theirs: number; readonly ours: number }

  constructor(pid: number) {
    this.#pid = pid
    this.#seen = { at: performance.now(), theirs: waitedFor(pid) ?? 0, ours: waitedFor('self') ?? 0 }
  }

  /** Milliseconds. To be asked often: of what both have waited meanwhile, the longer counts. */
  now(): number {
    const last = this.#seen
    // nothing is known of a process that has ended
    const theirs = waitedFor(this.#pid) ?? last.theirs
    const ours = waitedFor('self') ?? last.ours
    this.#seen = { at: performance.now(), theirs, ours }
    const waited = Math.max(theirs - last.theirs, ours - last.ours)
    this.#fair += Math.max(0, this.#seen.at - last.at - waited)
    return this.#fair
  }

  /** Resolves when so many milliseconds have passed. */
  async sleep(milliseconds: number): Promise<void> {
    const end = this.now() + milliseconds
    while (this.now() < end) await sleep(PAUSE)
  }
}

/** Milliseconds for which the main thread of a process was ready to run, and did not. */
function waitedFor(pid: number | 'self'): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6
  } catch {
    return undefined
  }
}
