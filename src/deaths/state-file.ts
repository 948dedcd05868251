import { readdirSync, readFileSync, statSync, unlinkSync, unwatchFile, watchFile } from 'node:fs'
import { join, resolve } from 'node:path'
import { attempt } from '../attempt.ts'
import { type FileOwner, makeFolder, writeWholeFile } from '../whole-file.ts'
import { LockFile } from './lock-file.ts'
import { parseState } from './parse-state.ts'
import { EMPTY_STATE, formatState, LARGEST_STATE, type State } from './state.ts'

/** The name of the state's file in its folder. */
export const STATE_FILE = 'state.json'

/** Milliseconds between two looks whether it was changed. */
const WATCH_PERIOD = 1_000
/** How often a change is tried: on a slow disk another process may take the lock from one that still writes. */
const MOST_TRIES = 3

/** Tells of what went wrong with the file. */
export type WarnOfState = (message: string, error: unknown) => void

/**
 * The {@link State} of a folder: one small private file that several processes may change at once. Where it cannot be
 * read or written it says so once, and goes on in memory. No method throws.
 */
export class StateFile {
  readonly #folder: string
  readonly #path: string
  readonly #warn: WarnOfState
  readonly #lock: LockFile
  readonly #warnings: Set<string> = new Set()
  /** The state since the disk has refused a write. */
  #memory: State | undefined = undefined

  /** @param folder Created with the first change, where it is missing. */
  constructor(folder: string, warn: WarnOfState) {
    this.#folder = resolve(folder)
    this.#path = join(this.#folder, STATE_FILE)
    this.#warn = warn
    this.#lock = new LockFile(`${this.#path}.lock`)
  }

  /** The state as it is now; empty where there is none, or none that can be read. */
  read(): State {
    if (this.#memory !== undefined) return this.#memory
    try {
      // One with more than this writes is not its own.
      if (statSync(this.#path).size > 2 * LARGEST_STATE) throw new Error('it is too large')
      return parseState(readFileSync(this.#path, 'utf8'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#warnOnce(
          `${this.#path} cannot be read: what was known of earlier processes is forgotten`,
          error,
        )
      }
      return EMPTY_STATE
    }
  }

  /**
   * Changes the state. It waits for a process that changes it at the same time, at most for seconds and usually for
   * milliseconds, so that nothing is lost.
   *
   * @param change Returns the new state, or the same object to leave it. It must not throw, and may be called again
   *   with a newer state.
   * @returns The new state.
   */
  update(change: (state: State) => State): State {
    if (this.#memory === undefined) {
      try {
        return this.#changeFile(change)
      } catch (error) {
        const why = `${this.#path} cannot be written: what this process learns is forgotten when it ends`
        this.#warnOnce(why, error)
        this.#memory = this.read()
      }
    }
    const before = this.#memory
    this.#memory = attempt(() => change(before), before)
    return this.#memory
  }

  /**
   * Calls back soon after any process has changed it. Keeps no process alive.
   *
   * @returns Ends that.
   */
  watch(onChange: () => void): () => void {
    const listener = (): void => onChange()
    const options = { persistent: false, interval: WATCH_PERIOD }
    attempt(() => watchFile(this.#path, options, listener), undefined)
    return () => unwatchFile(this.#path, listener)
  }

  #changeFile(change: (state: State) => State): State {
    makeFolder(this.#folder)
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const hasBroken = this.#lock.take()
      try {
        if (hasBroken) this.#removeTemporary()
        const before = this.read()
        const after = change(before)
        if (after === before || this.#write(after)) return after
      } finally {
        this.#lock.release()
      }
    }
    throw new Error(`its lock was lost ${MOST_TRIES} times`)
  }

  /** Returns false where another process took the lock meanwhile. */
  #write(state: State): boolean {
    const temporary = `${this.#path}.${process.pid}.tmp`
    const mayReplace = (): boolean => this.#lock.isHeld()
    return writeWholeFile(this.#path, temporary, formatState(state), mayReplace, this.#owner())
  }

  /** An app that runs as another user has to be able to read what root has changed. */
  #owner(): FileOwner | undefined {
    return process.getuid?.() === 0 ? attempt(() => statSync(this.#folder), undefined) : undefined
  }

  /** Removes what a process left that died while it wrote: it left its lock too. */
  #removeTemporary(): void {
    for (const name of readdirSync(this.#folder)) {
      const isTemporary = name.startsWith(`${STATE_FILE}.`) && name.endsWith('.tmp')
      if (isTemporary) attempt(() => unlinkSync(join(this.#folder, name)), undefined)
    }
  }

  #warnOnce(message: string, error: unknown): void {
    if (this.#warnings.has(message)) return
    this.#warnings.add(message)
    attempt(() => this.#warn(message, error), undefined)
  }
}
