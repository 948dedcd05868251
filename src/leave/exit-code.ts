import type { LeaveReason } from '../report/crash-report.ts'

/** The exit code after a second SIGINT: 128 + 2, as a shell would report it. */
export const EXIT_INTERRUPTED = 130

/** The exit code for a reason: 0 for a signal or a plain `leave()`. */
export function exitCodeFor(reason: LeaveReason, codes: { fatal: number; recycle: number }): number {
  if (reason === 'fatal') return codes.fatal
  if (reason === 'recycle') return codes.recycle
  return 0
}
