import { statSync } from 'node:fs'
import type { FlightHeader } from './layout.ts'
import { type ProcessIdentity, startTicksOf } from './this-process.ts'

/** Milliseconds after which a file is old: a process that lives writes it every second. */
const STALE = 2_500
/** Milliseconds between two looks at a file. */
const POLL = 50

/**
 * Whether the process that wrote a file of this host is gone. Where it lived in another pid namespace, such as an earlier
 * run of this container, or in another run of the machine, which may be another machine of that name, only a file that
 * is not written any more tells: it may wait for {@link STALE}.
 */
export function isGone(header: FlightHeader, path: string, itself: ProcessIdentity): boolean {
  const { pid, bootId, pidNamespace, startTicks } = header
  if (bootId !== itself.bootId || pidNamespace !== itself.pidNamespace) return isLeft(path)
  if (pid === itself.pid) return header.startedAt !== itself.startedAt
  if (startTicks !== undefined) return startTicksOf(pid) !== startTicks
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

function isLeft(path: string): boolean {
  const { mtimeMs } = statSync(path)
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  while (Math.abs(Date.now() - mtimeMs) < STALE) {
    Atomics.wait(sleeper, 0, 0, POLL)
    if (statSync(path).mtimeMs !== mtimeMs) return false
  }
  return true
}
