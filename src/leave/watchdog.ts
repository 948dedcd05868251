import { hostname } from 'node:os'
import { isMainThread, Worker } from 'node:worker_threads'
import type { Fault } from '../fault/fault.ts'
import { serializeError } from '../fault/serialize.ts'
import { KILL_PROCESS } from '../kill-process.ts'
import type { LeaveReason } from '../report/crash-report.ts'
import { LONGEST_TIMER } from '../settles-within.ts'

/** Milliseconds past the deadline after which the process is killed: exit code 137, SIGKILL. */
export const WATCHDOG_MARGIN = 2_000

/** Milliseconds that the line gets to be written, and process 1 to exit. */
const LAST_WORDS = 100
const LAST_CHANCE = 1_000

/**
 * Inline, so that it works in a bundle too. SIGKILL also ends a process with a blocked event loop, except process 1 of
 * a container, for which Linux ignores it: the code that runs there is interrupted to exit with the same code, and where
 * that is native code the process is killed in another way.
 */
const CODE = `const { workerData } = require('node:worker_threads')
const kill = () => {
${KILL_PROCESS}
}
const interrupt = () => {
  setTimeout(kill, ${LAST_CHANCE})
  const { Session } = require('node:inspector')
  const session = new Session()
  session.connectToMainThread()
  session.post('Runtime.evaluate', { expression: 'process.reallyExit(137)' }, () => {})
  // An exit waits for it.
  setTimeout(() => session.disconnect(), ${LAST_WORDS})
}
setTimeout(() => {
  const line = { level: 60, time: Date.now(), pid: process.pid, ...workerData.line }
  // Not at once: nobody may read stderr.
  require('node:fs').write(2, JSON.stringify(line) + '\\n', () => {})
  setTimeout(process.pid === 1 ? interrupt : kill, ${LAST_WORDS})
}, workerData.milliseconds)`

const MESSAGE =
  'the process did not leave in time, for something blocks it, such as a log that nobody reads: the watchdog kills it'

/** What the line says of why the process leaves: the log may be what blocks, and have nothing. */
export function aboutLeave(reason: LeaveReason, exitCode: number, fault: Fault | undefined): object {
  if (fault === undefined) return { leave: { reason, exitCode } }
  const { id, fingerprint, error } = fault
  return { leave: { reason, exitCode }, err: serializeError(error), fault: { id, fingerprint } }
}

/** A thread that kills the process, unless it is called off in time. */
export interface Watchdog {
  callOff(): void
}

const NO_WATCHDOG: Watchdog = { callOff: () => {} }

/**
 * Starts a thread that kills the process after `milliseconds`, also where the event loop is blocked. Does nothing
 * in a Worker thread, where SIGKILL would end the whole process. Never throws.
 *
 * @param about What the line on stderr has that the thread writes before.
 * @param onFailure Called when the thread could not be started: a blocked event loop can then delay the exit for
 *   ever.
 */
export function startWatchdog(
  milliseconds: number,
  about: object,
  onFailure: (error: unknown) => void,
): Watchdog {
  if (!isMainThread) return NO_WATCHDOG
  try {
    const line = { hostname: hostname(), ...about, msg: MESSAGE }
    const workerData = { milliseconds: Math.min(milliseconds, LONGEST_TIMER), line }
    // No flags and no environment, so that modules which the app preloads do not run again.
    const worker = new Worker(CODE, { eval: true, workerData, execArgv: [], env: {} })
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
