import type { CrashReport } from '../report/crash-report.ts'
import type { Exit } from './exit.ts'
import type { LeaveLog } from './leave-log.ts'
import type { LeavingApp } from './leaving-app.ts'

/** Runs the `leave.onLeave` of an app and logs its failure. Never rejects. */
export async function runOnLeave(
  app: LeavingApp,
  report: CrashReport,
  log: LeaveLog,
  exit: Exit,
): Promise<void> {
  const { onLeave } = app.leave
  if (onLeave === undefined) return
  try {
    await exit.withoutExit(() => onLeave(report))
  } catch (failure) {
    log.trouble(failure, 'the `leave.onLeave` option failed', app)
  }
}
