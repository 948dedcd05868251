/** The default exit code after a fatal fault: `EX_SOFTWARE` of sysexits.h. */
export const EXIT_FATAL = 70
/** The default exit code after a recycle: `EX_TEMPFAIL` of sysexits.h. */
export const EXIT_RECYCLE = 75

/** The default exit code of a crash loop: `EX_CONFIG` of sysexits.h. */
export const EXIT_LOOP = 78

/** For what a process leaves with an exit code that can be chosen. */
export type ExitReason = 'fatal' | 'recycle' | 'loop'

/**
 * Says whether a process may be told to leave with `code`: an integer from 14 to 125, neither Node's own 1 to 13
 * (https://nodejs.org/api/process.html#exit-codes) nor what a shell and signals use, 126 and above: a restarter
 * could not tell them from ours. `recycle` and `loop` may also be 0.
 */
export function isAllowedExitCode(code: unknown, reason: ExitReason): code is number {
  if (code === 0) return reason !== 'fatal'
  return Number.isInteger(code) && (code as number) > 13 && (code as number) <= 125
}
