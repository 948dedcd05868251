import { existsSync, readdirSync, unlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { makeFolder, writeWholeFile } from '../whole-file.ts'
import type { CrashReport } from './crash-report.ts'

/** How many reports a folder keeps. */
export const REPORTS_KEPT = 10

/** A report file's name. The time sorts as text. */
export const REPORT_FILE: RegExp = /^crash-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z)-(\d+)\.json$/

/** The path of a written report, or the error that prevented it. */
export type Written = { readonly path: string } | { readonly error: unknown }

/**
 * Writes `crash-<time>-<pid>.json`, for the file's owner only and atomically: a reader sees the whole file or none.
 * Creates the folder where it is missing, and keeps the newest {@link REPORTS_KEPT} reports. Never throws: returns
 * the error of a full or read-only disk.
 */
export function writeReportFile(folder: string, report: CrashReport): Written {
  try {
    makeFolder(resolve(folder))
    const path = freePath(folder, Date.parse(report.at), report.pid)
    writeWholeFile(path, `${path}.tmp`, `${JSON.stringify(report, null, 2)}\n`)
    removeOld(folder)
    return { path }
  } catch (error) {
    return { error }
  }
}

/** Returns a path that does not exist: two threads of one process can leave in the same millisecond. */
function freePath(folder: string, at: number, pid: number): string {
  for (let time = at; ; time++) {
    const stamp = new Date(time).toISOString().replace(/[:.]/g, '-')
    const path = join(folder, `crash-${stamp}-${pid}.json`)
    if (!existsSync(path)) return path
  }
}

function removeOld(folder: string): void {
  try {
    const old = listReports(folder).slice(REPORTS_KEPT)
    for (const name of old) unlinkSync(join(folder, name))
  } catch {
    // Another process may have removed them first.
  }
}

/** The names of a folder's reports, newest first. */
export function listReports(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => REPORT_FILE.test(name))
    .sort()
    .reverse()
}
