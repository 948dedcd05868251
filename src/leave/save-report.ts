import type { CrashReport } from '../report/crash-report.ts'
import { writeReportFile } from '../report/file.ts'
import { writeTerminationLog } from '../report/termination-log.ts'
import type { LeaveLog } from './leave-log.ts'
import type { LeavingApp } from './leaving-app.ts'

/** Writes the report to every folder and termination log of the apps, once each, and logs a failure. Never throws. */
export function saveReport(report: CrashReport, apps: readonly LeavingApp[], log: LeaveLog): void {
  const folders: Set<string> = new Set(apps.flatMap(({ leave }) => leave.reportDir ?? []))
  for (const folder of folders) {
    const written = writeReportFile(folder, report)
    if ('path' in written) log.info(`crash report: ${written.path}`)
    else log.trouble(written.error, 'the crash report could not be written')
  }
  const files: Set<string> = new Set(apps.flatMap(({ leave }) => leave.terminationLog || []))
  for (const file of files) {
    const failure = writeTerminationLog(file, report)
    if (failure !== undefined) log.trouble(failure, 'the termination log could not be written')
  }
}
