import { isMainThread, Worker } from 'node:worker_threads'

/** Milliseconds past the deadline after which the process is killed: exit code 137, SIGKILL. */
export const WATCHDOG_MARGIN = 2_000

/**
 * Inline, so that it works in a bundle too. SIGKILL also ends a process with a blocked event loop, except process 1 of
 * a container, for which Linux ignores it: the code that runs there is interrupted to exit with the same code.
 */
const CODE = `setTimeout(() => {
  process.kill(process.pid, 'SIGKILL')
  if (process.pid !== 1) return
  const { Session } = require('node:inspector')
  const session = new Session()
  session.connectToMainThread()
  session.post('Runtime.evaluate', { expression: 'process.reallyExit(137)' }, () => {})
  // An exit waits for it.
  setTimeout(() => session.disconnect(), 100)
}, require('node:worker_threads').workerData)`

/** A thread that kills the process, unless it is called off in time. */
export interface Watchdog {
  callOff(): void
}

const NO_WATCHDOG: Watchdog = { callOff: () => {} }

/**
 * Starts a thread that kills the process after `milliseconds`, also where the event loop is blocked. Does nothing
 * in a Worker thread, where SIGKILL would end the whole process. Never throws.
 *
 * @param onFailure Called when the thread could not be started: a blocked event loop can then delay the exit for
 *   ever.
 */
export function startWatchdog(milliseconds: number, onFailure: (error: unknown) => void): Watchdog {
  if (!isMainThread) return NO_WATCHDOG
  try {
    // No flags and no environment, so that modules which the app preloads do not run again.
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
    return NO_WATCHDOG
  }
}
