import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { threadId } from 'node:worker_threads'
import { attempt } from '../attempt.ts'

/** Milliseconds after which a lock is taken from its holder, which needs it for one write only. */
export const LOCK_STALE_AFTER = 2_000
/** Milliseconds that a process waits for a lock at most. */
const LOCK_WAIT = 5_000
/** Milliseconds between two looks at a lock. */
const LOOK_EVERY = 3

/** A file that only one thread of all processes can create: it holds off the others until it is removed. */
export class LockFile {
  readonly #path: string
  #holder = ''

  constructor(path: string) {
    this.#path = path
  }

  /**
   * Takes the lock. Waits for it, which blocks the thread, but not for a holder that died or has held it for
   * {@link LOCK_STALE_AFTER}.
   *
   * @returns Whether it was taken from such a holder.
   * @throws Node's error where no file can be created, and an Error where others hold the lock all the time, or its file
   *   cannot be removed.
   */
  take(): boolean {
    const giveUpAt = performance.now() + LOCK_WAIT
    this.#holder = `${process.pid} ${threadId} ${hostname()} ${randomUUID()}`
    let hasBroken = false
    while (!createFile(this.#path, this.#holder)) {
      // Also where it is stale: its folder may let nobody but the owner of the lock remove it.
      if (performance.now() > giveUpAt) throw new Error(`other processes hold ${this.#path}`)
      if (this.#isStale() && this.#break()) hasBroken = true
      else pause(LOOK_EVERY)
    }
    return hasBroken
  }

  /** Whether the lock still is this one's: a process that slept may have lost it. Never throws. */
  isHeld(): boolean {
    return attempt(() => readFileSync(this.#path, 'utf8') === this.#holder, false)
  }

  /** Gives the lock back. Never throws. */
  release(): void {
    if (this.isHeld()) removeFile(this.#path)
  }

  #isStale(): boolean {
    return attempt(
      () => ageOf(this.#path) > LOCK_STALE_AFTER || isOfTheDead(readFileSync(this.#path, 'utf8')),
      false,
    )
  }

  /**
   * Removes a stale lock. One process at a time does, or the second would remove the new lock of the first.
   *
   * @returns Whether it was removed.
   */
  #break(): boolean {
    const breaker = `${this.#path}.break`
    if (!createFile(breaker, this.#holder)) {
      if (attempt(() => ageOf(breaker), 0) > LOCK_STALE_AFTER) removeFile(breaker)
      return false
    }
    const isRemoved = this.#isStale() && removeFile(this.#path)
    removeFile(breaker)
    return isRemoved
  }
}

/** Returns false where the file exists. */
function createFile(path: string, text: string): boolean {
  let file: number
  try {
    file = openSync(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  try {
    writeSync(file, text)
    return true
  } catch (error) {
    attempt(() => unlinkSync(path), undefined)
    throw error
  } finally {
    closeSync(file)
  }
}

function removeFile(path: string): boolean {
  return attempt(() => {
    unlinkSync(path)
    return true
  }, false)
}

/** @throws Node's error where there is no such file. */
function ageOf(path: string): number {
  return Date.now() - statSync(path).mtimeMs
}

/** Whether the holder of a lock is a process of this host that has ended. */
function isOfTheDead(holder: string): boolean {
  const [pid = '', thread, host] = holder.split(' ')
  if (host !== hostname() || !/^[1-9]\d*$/.test(pid)) return false
  // In a container each process may have the same id in turn, and no thread waits for a lock that it holds itself.
  if (Number(pid) === process.pid) return thread === String(threadId)
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}
