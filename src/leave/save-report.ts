import type { CrashReport } from '../report/crash-report.ts'
import { wasWritten, writeReportFile } from '../report/file.ts'
import { writeTerminationLog } from '../report/termination-log.ts'
import type { LeaveLog } from './leave-log.ts'
import type { LeavingApp } from './leaving-app.ts'

/** What there is to log of a report that was saved. */
type Told = (log: LeaveLog) => void

/**
 * Writes the report to every folder and termination log of the apps, once each. Never throws.
 *
 * @returns What to log of it. The log itself may be what fails: nothing is written to it before the report is there.
 */
export function saveReport(report: CrashReport, apps: readonly LeavingApp[]): Told[] {
  const told: Told[] = []
  const folders: Set<string> = new Set(apps.flatMap(({ leave }) => leave.reportDir ?? []))
  // Of a crash loop the reports of its deaths tell more, and this one would take the place of one.
  for (const folder of report.reason === 'crash-loop' ? [] : folders) {
    const written = writeReportFile(folder, report)
    told.push((log) => {
      if (wasWritten(written)) log.info(`crash report: ${written.path}`)
      else log.trouble(written.error, 'the crash report could not be written')
    })
  }
  const files: Set<string> = new Set(apps.flatMap(({ leave }) => leave.terminationLog || []))
  for (const file of files) {
    const failure = writeTerminationLog(file, report)
    if (failure !== undefined)
      told.push((log) => log.trouble(failure, 'the termination log could not be written'))
  }
  return told
}
