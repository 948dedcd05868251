import type { Worker } from 'node:worker_threads'
import { attempt } from '../attempt.ts'
import { killProcess } from '../kill-process.ts'
import type { Destination } from '../log/destination.ts'
import { settlesWithin } from '../settles-within.ts'

/** Milliseconds that the work of other threads gets to end: a write to a disk takes less. */
const THREADS_TIME = 500
const POLL_INTERVAL = 5

/** Work of other threads that may last for ever: on files, of which a pipe is one, and on names of hosts. */
const MAY_LAST: RegExp = /^(?:FSReq|GetAddrInfoReq|GetNameInfoReq)/

/**
 * Waits until no other thread works on a file or on the name of a host. `process.exit()` waits for such work for ever,
 * as where a pipe is full that nobody reads.
 *
 * @param late Destinations of logs that are given up: the threads of their transports are ended.
 * @returns False where a thread is stuck. Never rejects.
 */
export async function threadsAreDone(late: Iterable<Destination>): Promise<boolean> {
  const ends = Array.from(late, async ({ worker }) => (worker as Worker | undefined)?.terminate?.())
  const [areEnded, isDone] = await Promise.all([settlesWithin(Promise.all(ends), THREADS_TIME), isWorkDone()])
  return areEnded && isDone
}

async function isWorkDone(): Promise<boolean> {
  const end = performance.now() + THREADS_TIME
  while (areThreadsBusy()) {
    if (performance.now() > end) return false
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_INTERVAL)
    })
  }
  return true
}

function areThreadsBusy(): boolean {
  return attempt(() => process.getActiveResourcesInfo().some((name) => MAY_LAST.test(name)), false)
}

/** Absent before Node 22.15, and on Windows. */
const node = process as { execve?: (file: string, args: string[], environment: object) => void }

/**
 * Ends the process without waiting for its threads: another Node takes its place, which exits with the code. Where that
 * cannot be, the process is killed.
 */
export function exitWithoutThreads(code: number): void {
  const { execPath, exitCode = code } = process
  attempt(() => node.execve?.(execPath, [execPath, '-e', `process.exit(${exitCode})`], {}), undefined)
  killProcess()
}
