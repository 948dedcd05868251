#!/usr/bin/env node
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runQuarantine } from './quarantine/cli-quarantine.ts'
import type { CrashReport } from './report/crash-report.ts'
import { listReports } from './report/file.ts'
import { formatReport, printable } from './report/format.ts'
import { VERSION } from './version.ts'

const USAGE = `Usage: fastify-isolate report [file or folder]
       fastify-isolate quarantine [list] --dir FOLDER
       fastify-isolate quarantine release 'GET /route' --dir FOLDER
       fastify-isolate quarantine close 'GET /route' 'the reason' --dir FOLDER

report prints a crash report, or the newest one of a folder (default: the current one). quarantine shows and changes
which routes are closed; the app looks every second.

  --dir FOLDER   the folder of the app's recorder
  --json         print the report or the list as it is
  -h, --help     print this
  -v, --version  print the version
`

class UsageError extends Error {}

function run(args: string[]): string {
  const { values, positionals } = parse(args)
  if (values.help) return USAGE
  if (values.version) return `${VERSION}\n`
  const [command, path = '.', ...rest] = positionals
  if (command === 'quarantine' && values.dir !== undefined && rest.length <= 2) {
    const [, action = 'list', route, reason] = positionals
    const printed = runQuarantine({ folder: values.dir, action, route, reason, asJson: values.json === true })
    if (printed !== undefined) return printed
  }
  if (command !== 'report' || rest.length > 0 || values.dir !== undefined) throw new UsageError(USAGE)
  const text = readFileSync(statSync(path).isDirectory() ? newestIn(path) : path, 'utf8')
  const report = asReport(text, path)
  return values.json ? text : formatted(report, path)
}

/** A file that somebody else wrote may have anything in any of its fields. */
function formatted(report: CrashReport, path: string): string {
  try {
    return formatReport(report)
  } catch {
    throw new Error(`A crash report with parts that are missing or of another kind: ${path}`)
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        dir: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    })
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`)
  }
}

function newestIn(folder: string): string {
  const [newest] = listReports(folder)
  if (newest === undefined) throw new Error(`No crash report in ${folder}`)
  return join(folder, newest)
}

function asReport(text: string, path: string): CrashReport {
  let report: Partial<CrashReport> | null
  try {
    report = JSON.parse(text) as Partial<CrashReport> | null
  } catch {
    report = null
  }
  if (report?.schema !== 'fastify-isolate/crash-report') throw new Error(`Not a crash report: ${path}`)
  if (report.version !== 1) {
    const version = printable(JSON.stringify(report.version) ?? 'unknown').slice(0, 32)
    throw new Error(`A crash report of version ${version}: this fastify-isolate reads version 1`)
  }
  return report as CrashReport
}

// A reader that has seen enough, such as `head`, closes the pipe.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

try {
  process.stdout.write(run(process.argv.slice(2)))
} catch (error) {
  process.stderr.write(`${(error as Error).message.trimEnd()}\n`)
  process.exitCode = error instanceof UsageError ? 64 : 1
}
