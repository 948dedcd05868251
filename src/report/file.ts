import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { CrashReport } from './crash-report.ts'

/** How many reports a folder keeps. */
export const REPORTS_KEPT = 10

/** A report file's name. The time sorts as text. */
export const REPORT_FILE: RegExp = /^crash-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z)-(\d+)\.json$/

/** Where a report went, or why it went nowhere. */
export type Written = { readonly path: string } | { readonly error: unknown }

/**
 * Writes `crash-<time>-<pid>.json` for its owner only, atomically: a reader sees the whole file or none. Makes
 * the folder where it is missing, and keeps the newest {@link REPORTS_KEPT} reports. Never throws: a full or
 * read-only disk costs the report.
 */
export function writeReportFile(folder: string, report: CrashReport): Written {
  let temporary: string | undefined
  try {
    makeFolder(resolve(folder))
    const path = freePath(folder, Date.parse(report.at), report.pid)
    temporary = `${path}.tmp`
    writeWhole(temporary, `${JSON.stringify(report, null, 2)}\n`)
    renameSync(temporary, path)
    syncFolder(folder)
    removeOld(folder)
    return { path }
  } catch (error) {
    if (temporary !== undefined) {
      try {
        unlinkSync(temporary)
      } catch {
        // It was never made, or the disk refuses that too.
      }
    }
    return { error }
  }
}

/** Node's own recursive `mkdirSync` never returns where a file system says ENOENT for good, as /proc does. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Whatever else is wrong with it, writing into it will tell.
    if (code !== 'ENOENT' || dirname(folder) === folder || existsSync(dirname(folder))) return
    makeFolder(dirname(folder))
    mkdirSync(folder, { mode: 0o700 })
  }
}

/** Two threads of one process can leave in the same millisecond. */
function freePath(folder: string, at: number, pid: number): string {
  for (let time = at; ; time++) {
    const stamp = new Date(time).toISOString().replace(/[:.]/g, '-')
    const path = join(folder, `crash-${stamp}-${pid}.json`)
    if (!existsSync(path)) return path
  }
}

function writeWhole(path: string, text: string): void {
  // 'wx': never through a link that somebody else put there.
  const file = openSync(path, 'wx', 0o600)
  try {
    const bytes = Buffer.from(text)
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Makes the rename itself last. Not every file system lets a folder be opened. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r')
    try {
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
  } catch {
    // The report is there; it only may not survive a power cut.
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
