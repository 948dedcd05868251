import type { Worker } from 'node:worker_threads'
import { attempt } from '../attempt.ts'
import { killProcess } from '../kill-process.ts'
import type { Destination } from '../log/destination.ts'
import { workOfThreads } from '../node-parts.ts'
import { settlesWithin } from '../settles-within.ts'

/** Milliseconds that the work of other threads gets to end: a write to a disk takes less. */
const THREADS_TIME = 500
const POLL_INTERVAL = 5

/**
 * Waits until what other threads do now, on a file or on the name of a host, is done. `process.exit()` waits for such
 * work for ever, as where a pipe is full that nobody reads.
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
  // No later work: an app that goes on with files in the background has some at any time, and none of it lasts.
  const work = new Set(workOfThreads())
  while (workOfThreads().some((each) => work.has(each))) {
    if (performance.now() > end) return false
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_INTERVAL)
    })
  }
  return true
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
