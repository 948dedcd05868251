import { AsyncLocalStorage } from 'node:async_hooks'
import type { LeaveLog } from './leave-log.ts'
import type { LeavingApp } from './leaving-app.ts'
import { exitWithoutThreads } from './stuck-threads.ts'

/** Set while `leave.onLeave` runs, and called when it calls `process.exit`. */
const insideOnLeave: AsyncLocalStorage<() => void> = new AsyncLocalStorage()

/**
 * Ends the process. The exit code is fixed when the process begins to leave: `process.exit()` without a code or
 * with 0, and an empty event loop, end the process with this code. A fatal fault never looks like a success.
 */
export class Exit {
  /** The code that the process leaves with. */
  readonly code: number
  /** Whether the process really exits: false where every app has a `leave.exit`. */
  readonly isForGood: boolean
  readonly #log: LeaveLog
  readonly #replacements: Set<(code: number) => void>
  readonly #processExit: typeof process.exit = process.exit
  readonly #onExit: (code: number) => void

  constructor(apps: readonly LeavingApp[], code: number, log: LeaveLog) {
    this.code = code
    this.#log = log
    this.#replacements = new Set(apps.flatMap(({ leave }) => leave.exit ?? []))
    this.isForGood = apps.length === 0 || apps.some(({ leave }) => leave.exit === undefined)
    this.#onExit = (given) => {
      if (!given) process.exitCode = code
    }
  }

  /** Fixes the exit code, and keeps `onLeave` from cutting the drain short. */
  fixCode(): void {
    if (!this.isForGood) return
    process.on('exit', this.#onExit)
    process.exit = ((code?: number | string | null) => {
      const ended = insideOnLeave.getStore()
      if (ended === undefined) return this.#processExit.call(process, code)
      this.#log.warn(
        `process.exit(${code ?? ''}) in leave.onLeave: the process exits with ${this.code} once it is drained`,
      )
      ended()
      return undefined
    }) as typeof process.exit
  }

  /** Runs `onLeave`. Its `process.exit` only settles the returned promise. */
  async withoutExit(run: () => unknown): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      insideOnLeave.run(resolve, async () => run()).then(() => resolve(), reject)
    })
  }

  /** Undoes {@link fixCode}, for a process that did not exit. */
  release(): void {
    process.off('exit', this.#onExit)
    process.exit = this.#processExit
  }

  /** Ends the process at once, with another code. */
  now(code: number): void {
    process.off('exit', this.#onExit)
    this.#end(code)
  }

  /**
   * Ends the process with `code`.
   *
   * @param isStuck Whether a thread is stuck, which `process.exit` would wait for.
   */
  leave(isStuck: boolean): void {
    this.#end(this.code, isStuck)
  }

  #end(code: number, isStuck = false): void {
    for (const exit of this.#replacements) {
      try {
        exit(code)
      } catch (failure) {
        this.#log.trouble(failure, 'the `leave.exit` option failed')
      }
    }
    if (this.isForGood) this.#exitOnce(code, isStuck)
  }

  #exitOnce(code: number, isStuck: boolean): void {
    let isExiting = false
    const onExit = (): void => {
      isExiting = true
    }
    process.prependListener('exit', onExit)
    // The last one: all others have run.
    if (isStuck) process.on('exit', exitWithoutThreads)
    try {
      this.#processExit.call(process, code)
    } catch (failure) {
      // A test runner's own `process.exit` may throw without exiting.
      if (!isExiting) throw failure
      this.#log.trouble(failure, "a listener of the process's exit failed: it exits all the same")
      // Node calls the listeners once, and would live on without the second call.
      process.exitCode = code
      this.#processExit.call(process, code)
    } finally {
      process.off('exit', onExit)
      process.off('exit', exitWithoutThreads)
    }
  }
}
