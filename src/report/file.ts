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

/** The path of a written report, or the error that prevented it. */
export type Written = { readonly path: string } | { readonly error: unknown }

/**
 * Writes `crash-<time>-<pid>.json`, for the file's owner only and atomically: a reader sees the whole file or none.
 * Creates the folder where it is missing, and keeps the newest {@link REPORTS_KEPT} reports. Never throws: returns
 * the error of a full or read-only disk.
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
        // The file does not exist, or the disk refuses this too.
      }
    }
    return { error }
  }
}

/**
 * Creates a folder and those above it. Node's recursive `mkdirSync` never returns where a file system answers
 * ENOENT every time, as /proc does.
 */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Any other error shows when the report is written.
    if (code !== 'ENOENT' || dirname(folder) === folder || existsSync(dirname(folder))) return
    makeFolder(dirname(folder))
    mkdirSync(folder, { mode: 0o700 })
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

function writeWhole(path: string, text: string): void {
  // 'wx' fails where a file or link exists, so that it never writes through a link that somebody planted.
  const file = openSync(path, 'wx', 0o600)
  try {
    const bytes = Buffer.from(text)
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Flushes the rename to the disk. Not every file system lets a folder be opened. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r')
    try {
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
  } catch {
    // The report is written, but may not survive a power cut.
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
