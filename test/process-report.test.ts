import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isAllowedExitCode } from '../src/process/exit-codes.ts'
import { formatReport, summarize } from '../src/process/format-report.ts'
import { buildReport, type CrashReport, withoutQuery } from '../src/process/report.ts'
import { listReports, REPORTS_KEPT, writeReportFile } from '../src/process/report-file.ts'
import type { Resident } from '../src/process/resident.ts'
import { truncate } from '../src/process/termination-log.ts'
import { wayOut } from '../src/process/way-out.ts'
import { VERSION } from '../src/version.ts'
import { temporaryFolder } from './support/folder.ts'

const run = promisify(execFile)
const CLI = fileURLToPath(new URL('../src/cli.js', import.meta.url))

const fault = {
  id: 'f',
  error: new Error('bad \u001b[31m news'),
  origin: 'handler',
  verdict: 'fatal',
  attributedTo: 'call',
  request: {
    id: 'r',
    method: 'GET',
    url: '/a?b=c',
    route: undefined,
    remoteAddress: undefined,
    startedAt: 0,
  },
  fingerprint: '0123456789abcdef',
  at: 0,
} as const

function report(): CrashReport {
  return buildReport({ reason: 'fatal', note: undefined, phase: 'serving', exitCode: 70, fault }, [])
}

test('a report survives residents that throw', () => {
  const broken = new Proxy({} as Resident, {
    get: () => {
      throw new Error('broken')
    },
  })
  assert.doesNotThrow(() => {
    const made = buildReport(
      { reason: 'requested', note: 'x', phase: 'boot', exitCode: 0, fault: undefined },
      [broken],
    )
    assert.deepEqual([made.inFlight, made.fingerprints, made.versions.fastify], [[], {}, null])
  })
})

test('the newest ten reports are kept, and nothing else is touched', (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'notes.json'), '')
  for (let i = 0; i < REPORTS_KEPT + 3; i++) {
    const at = new Date(Date.UTC(2026, 0, 1) + i).toISOString()
    assert.ok('path' in writeReportFile(folder, { ...report(), at }))
  }
  const kept = listReports(folder)
  assert.equal(kept.length, REPORTS_KEPT)
  assert.deepEqual(
    [kept[0], kept.at(-1)],
    [
      `crash-2026-01-01T00-00-00-012Z-${process.pid}.json`,
      `crash-2026-01-01T00-00-00-003Z-${process.pid}.json`,
    ],
  )
  assert.deepEqual(readdirSync(folder).length, REPORTS_KEPT + 1)
  assert.equal(JSON.parse(readFileSync(join(folder, kept[0] as string), 'utf8')).version, 1)
})

test('two reports of one millisecond have names of their own', (t) => {
  const folder = temporaryFolder(t)
  const made = report()
  writeReportFile(folder, made)
  writeReportFile(folder, made)
  assert.equal(listReports(folder).length, 2)
})

test('a report that cannot be renamed leaves no temporary file', (t) => {
  const folder = temporaryFolder(t)
  const blocked = join(folder, 'blocked')
  mkdirSync(blocked)
  chmodSync(blocked, 0o500)
  const written = writeReportFile(process.getuid?.() === 0 ? '/proc/self/nothing' : blocked, report())
  assert.ok('error' in written)
  assert.deepEqual(readdirSync(blocked), [])
})

test('texts are cut at whole characters', () => {
  assert.equal(truncate('abc', 3), 'abc')
  assert.equal(truncate('aäöü', 4), 'aä')
  assert.equal(truncate('a😀', 4), 'a')
  const long = truncate('😀'.repeat(4_000), 4_096)
  assert.equal(Buffer.byteLength(long), 4_096)
  assert.doesNotMatch(long, /\ufffd/)
})

test('urls lose their query strings', () => {
  assert.equal(withoutQuery('/a?b=c'), '/a')
  assert.equal(withoutQuery('/a#b'), '/a')
  assert.equal(withoutQuery('/a'), '/a')
  assert.equal(report().fault?.request?.url, '/a')
})

test('a printed report holds no control characters of the app', () => {
  assert.match(formatReport(report()), /bad \\x1b\[31m news/)
  const bare = {
    ...report(),
    fault: null,
    reason: 'recycle',
    eventLoopDelay: { mean: 1, p50: 1, p99: 2, max: 3 },
  } as const
  assert.match(formatReport(bare), /^recycled\n/)
  assert.match(formatReport(bare), /late by 2 ms/)
  assert.match(formatReport(bare), /no request was in flight/)
  assert.match(summarize({ ...bare, reason: 'signal', note: 'SIGTERM' }), /^left on a signal: SIGTERM\n/)
  assert.match(summarize({ ...bare, reason: 'requested' }), /^asked to leave\n/)
  assert.match(summarize({ ...report(), phase: 'boot' }), /^fatal fault while booting: Error: bad/)
})

test("exit codes: not Node's own, not a shell's, 0 only for a recycle", () => {
  for (const code of [0, 1, 13, 126, 256, 14.5, '70', -1, NaN])
    assert.equal(isAllowedExitCode(code, 'fatal'), false)
  for (const code of [14, 70, 125]) assert.equal(isAllowedExitCode(code, 'fatal'), true)
  assert.equal(isAllowedExitCode(0, 'recycle'), true)
})

test('copies of the package share one way out', async () => {
  const copy = (await import(
    `../src/process/way-out.js?copy=${Date.now()}`
  )) as typeof import('../src/process/way-out.ts')
  assert.notEqual(copy.wayOut, wayOut)
  assert.equal(copy.wayOut(), wayOut())
})

test("the version is the package's", () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  assert.equal(VERSION, version)
})

test('fastify-isolate report: the newest of a folder, and a word for what is wrong', async (t) => {
  const folder = temporaryFolder(t)
  const fails = (args: string[], code: number, says: RegExp) =>
    assert.rejects(
      run(process.execPath, [CLI, ...args], { cwd: folder }),
      (error: { code: number; stderr: string }) => {
        assert.match(error.stderr, says)
        assert.equal(error.code, code)
        return true
      },
    )
  await fails(['report'], 1, /^No crash report in \./)
  await fails(['report', 'nowhere'], 1, /ENOENT/)
  await fails(['rapport'], 64, /^Usage:/)
  await fails(['report', '--nonsense'], 64, /--nonsense[\s\S]*Usage:/)
  writeFileSync(join(folder, 'other.json'), '{}')
  await fails(['report', 'other.json'], 1, /^Not a crash report: other.json/)
  writeFileSync(join(folder, 'other.json'), 'no json')
  await fails(['report', 'other.json'], 1, /^Not a crash report: other.json/)
  writeFileSync(join(folder, 'other.json'), JSON.stringify({ ...report(), version: 2 }))
  await fails(['report', 'other.json'], 1, /version 2/)

  writeReportFile(folder, { ...report(), at: '2026-01-01T00:00:00.000Z', reason: 'requested', note: 'old' })
  writeReportFile(folder, { ...report(), at: '2026-01-02T00:00:00.000Z', reason: 'requested', note: 'new' })
  assert.match(
    (await run(process.execPath, [CLI, 'report'], { cwd: folder })).stdout,
    /^asked to leave: new\n/,
  )
  assert.match((await run(process.execPath, [CLI, '--help'])).stdout, /^Usage:/)
  assert.equal((await run(process.execPath, [CLI, '-v'])).stdout, `${VERSION}\n`)
})
