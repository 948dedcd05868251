import { AsyncLocalStorage } from 'node:async_hooks'
import type { LeaveLog } from './leave-log.ts'
import type { LeavingApp } from './leaving-app.ts'

/** Set while `leave.onLeave` runs: called when it calls `process.exit`. */
const insideOnLeave: AsyncLocalStorage<() => void> = new AsyncLocalStorage()

/**
 * The end of the process. Its exit code stands from when it begins to leave: whoever exits without a code of
 * its own, or lets the event loop run dry, exits with this one. A fatal fault never looks like a success.
 */
export class Exit {
  /** The code that the process leaves with. */
  readonly code: number
  /** Whether the process really exits: false where every instance has a `leave.exit`. */
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

  /** Makes the code stand, and keeps `onLeave` from cutting the drain short. */
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

  /** Runs `onLeave` so that its `process.exit` ends it and nothing else. */
  async withoutExit(run: () => unknown): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      insideOnLeave.run(resolve, async () => run()).then(() => resolve(), reject)
    })
  }

  /** Undoes {@link fixCode}, where the process lives on all the same. */
  release(): void {
    process.off('exit', this.#onExit)
    process.exit = this.#processExit
  }

  /** Ends the process with another code, whatever is going on. */
  now(code: number): void {
    process.off('exit', this.#onExit)
    this.#end(code)
  }

  /** The last step. */
  leave(): void {
    this.#end(this.code)
  }

  #end(code: number): void {
    for (const exit of this.#replacements) {
      try {
        exit(code)
      } catch (failure) {
        this.#log.trouble(failure, 'the `leave.exit` option failed')
      }
    }
    if (this.isForGood) this.#processExit.call(process, code)
  }
}
