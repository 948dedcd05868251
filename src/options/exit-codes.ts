/** The default exit code after a fatal fault: `EX_SOFTWARE` of sysexits.h. */
export const EXIT_FATAL = 70
/** The default exit code after a recycle: `EX_TEMPFAIL` of sysexits.h. */
export const EXIT_RECYCLE = 75

/**
 * Says whether a process may be told to leave with `code`: an integer from 14 to 125, neither Node's own 1 to 13
 * (https://nodejs.org/api/process.html#exit-codes) nor what a shell and signals use, 126 and above: a restarter
 * could not tell them from ours. `recycle` may also be 0.
 */
export function isAllowedExitCode(code: unknown, reason: 'fatal' | 'recycle'): code is number {
  if (code === 0) return reason === 'recycle'
  return Number.isInteger(code) && (code as number) > 13 && (code as number) <= 125
}
