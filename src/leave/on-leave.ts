import type { CrashReport } from '../report/report.ts'
import type { Exit } from './exit.ts'
import type { LeaveLog } from './leave-log.ts'
import type { Resident } from './leaving-app.ts'

/** Runs the `leave.onLeave` of one instance. Its failure is logged. Never rejects. */
export async function runOnLeave(
  resident: Resident,
  report: CrashReport,
  log: LeaveLog,
  exit: Exit,
): Promise<void> {
  const { onLeave } = resident.leave
  if (onLeave === undefined) return
  try {
    await exit.guard(() => onLeave(report))
  } catch (failure) {
    log.trouble(failure, 'the `leave.onLeave` option failed', resident)
  }
}
