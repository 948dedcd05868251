import type { ExitCodes } from '../options/options.ts'
import type { LeaveReason } from '../report/crash-report.ts'

/** The exit code after a second SIGINT: 128 + 2, as a shell would report it. */
export const EXIT_INTERRUPTED = 130

/** The exit code for a reason: 0 for a signal or a plain `leave()`. */
export function exitCodeFor(reason: LeaveReason, codes: Required<ExitCodes>): number {
  if (reason === 'fatal') return codes.fatal
  if (reason === 'recycle') return codes.recycle
  if (reason === 'crash-loop') return codes.loop
  return 0
}
