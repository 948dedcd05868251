import type { LeaveReason } from '../report/crash-report.ts'

/** The default exit code after a fatal fault: `EX_SOFTWARE` of sysexits.h. */
export const EXIT_FATAL = 70
/** The default exit code after a recycle: `EX_TEMPFAIL` of sysexits.h. */
export const EXIT_RECYCLE = 75
/** The exit code after a second SIGINT: 128 + 2, as a shell would report it. */
export const EXIT_INTERRUPTED = 130

/**
 * Says whether a process may be told to leave with `code`: an integer from 14 to 125, neither Node's own 1 to 13
 * (https://nodejs.org/api/process.html#exit-codes) nor what a shell and signals use, 126 and above: a restarter
 * could not tell them from ours. `recycle` may also be 0.
 */
export function isAllowedExitCode(code: unknown, reason: 'fatal' | 'recycle'): code is number {
  if (code === 0) return reason === 'recycle'
  return Number.isInteger(code) && (code as number) > 13 && (code as number) <= 125
}

/** The exit code for a reason: 0 for a signal or a plain `leave()`. */
export function exitCodeFor(reason: LeaveReason, codes: { fatal: number; recycle: number }): number {
  if (reason === 'fatal') return codes.fatal
  if (reason === 'recycle') return codes.recycle
  return 0
}
