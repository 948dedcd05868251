import { isMainThread, Worker } from 'node:worker_threads'

/** Milliseconds past the deadline after which the process is killed: exit code 137, SIGKILL. */
export const WATCHDOG_MARGIN = 2_000

/** Inline, so that it works wherever the package was bundled to. SIGKILL asks no event loop. */
const CODE =
  "setTimeout(() => process.kill(process.pid, 'SIGKILL'), require('node:worker_threads').workerData)"

/** A thread that kills the process unless it is called off. */
export interface Watchdog {
  callOff(): void
}

const NONE: Watchdog = { callOff: () => {} }

/**
 * Starts a thread that kills the process after `milliseconds`, also where the event loop is blocked. In a Worker
 * thread there is none: only the main thread can end a Worker and not the whole process. Never throws.
 *
 * @param onFailure Told when no thread could be had; without it a blocked event loop is not bounded.
 */
export function startWatchdog(milliseconds: number, onFailure: (error: unknown) => void): Watchdog {
  if (!isMainThread) return NONE
  try {
    // No flags and no environment: what the app preloads must not run once more.
    const worker = new Worker(CODE, { eval: true, workerData: milliseconds, execArgv: [], env: {} })
    worker.once('error', onFailure)
    worker.unref()
    return {
      callOff: () => {
        worker.terminate().catch(() => {})
      },
    }
  } catch (error) {
    onFailure(error)
    return NONE
  }
}
