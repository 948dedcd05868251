import { existsSync, readdirSync, unlinkSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { attempt } from '../attempt.ts'
import { makeFolder, writeWholeFile } from '../whole-file.ts'
import type { CrashReport } from './crash-report.ts'

/** How many reports a folder keeps. */
export const REPORTS_KEPT = 10

/** A report file's name. The time sorts as text. */
export const REPORT_FILE: RegExp = /^crash-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z)-(\d+)\.json$/

/** Milliseconds after which a temporary file is one that a process left behind when it was killed. */
const LEFT_BEHIND = 3_600_000
/** Milliseconds that a report may be newer than the one that is written: beyond it, its clock was wrong. */
const CLOCK_SKEW = 86_400_000

const TEMPORARY_FILE = /^crash-.*Z-\d+\.json\.tmp$/
const TIME = /^crash-(.{10})T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z/

/** The path of a written report, or the error that prevented it. */
export type Written = { readonly path: string } | { readonly error: unknown }

/** Whether there is a path, which no property of all objects makes up for. */
export function wasWritten(written: Written): written is { readonly path: string } {
  return Object.hasOwn(written, 'path')
}

/**
 * Writes `crash-<time>-<pid>.json`, for the file's owner only and atomically: a reader sees the whole file or none.
 * Creates the folder where it is missing, and keeps this report and the newest of the others, {@link REPORTS_KEPT} in all. Never throws: returns
 * the error of a full or read-only disk.
 */
export function writeReportFile(folder: string, report: CrashReport): Written {
  try {
    makeFolder(resolve(folder))
    const path = freePath(folder, Date.parse(report.at), report.pid)
    writeWholeFile(path, `${path}.tmp`, `${JSON.stringify(report, null, 2)}\n`)
    removeOld(folder, basename(path))
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

function removeOld(folder: string, written: string): void {
  const now = timeOf(written)
  const names = attempt(() => readdirSync(folder), [])
  const others = names.filter((name) => REPORT_FILE.test(name) && name !== written).sort()
  const isOfFuture = (name: string): boolean => timeOf(name) > now + CLOCK_SKEW
  const firstToGo = [...others.filter(isOfFuture), ...others.filter((name) => !isOfFuture(name))]
  const leftBehind = names.filter(
    (name) => TEMPORARY_FILE.test(name) && Math.abs(timeOf(name) - now) > LEFT_BEHIND,
  )
  const tooMany = firstToGo.slice(0, Math.max(0, others.length + 1 - REPORTS_KEPT))
  // Another process may have removed one first.
  for (const name of [...tooMany, ...leftBehind]) attempt(() => unlinkSync(join(folder, name)), undefined)
}

/** Milliseconds since the epoch, as a file's name says. */
function timeOf(name: string): number {
  const [, date, hours, minutes, seconds, milliseconds] = TIME.exec(name) ?? []
  return Date.parse(`${date}T${hours}:${minutes}:${seconds}.${milliseconds}Z`)
}

/** The names of a folder's reports, newest first. */
export function listReports(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => REPORT_FILE.test(name))
    .sort()
    .reverse()
}
