import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { processLeave } from '../../src/leave/leave.ts'
import type { LeavingApp } from '../../src/leave/leaving-app.ts'
import { saveReport } from '../../src/leave/save-report.ts'
import { isAllowedExitCode } from '../../src/options/exit-codes.ts'
import { buildReport } from '../../src/report/build.ts'
import { listReports, REPORTS_KEPT, writeReportFile } from '../../src/report/file.ts'
import { truncate, writeTerminationLog } from '../../src/report/termination-log.ts'
import { VERSION } from '../../src/version.ts'
import { withoutQuery } from '../../src/without-query.ts'
import { report } from '../support/crash-report.ts'
import { temporaryFolder } from '../support/folder.ts'

test('a report survives apps that throw', () => {
  const broken = new Proxy({} as LeavingApp, {
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

test('a report outlives those of a wrong clock, which go first, and what a killed process left goes too', (t) => {
  const folder = temporaryFolder(t)
  for (let i = 0; i < REPORTS_KEPT; i++) {
    writeFileSync(join(folder, `crash-2099-01-01T00-00-00-00${i}Z-1.json`), '')
  }
  const stale = join(folder, 'crash-2020-01-01T00-00-00-000Z-1.json.tmp')
  const fresh = join(folder, 'crash-2026-01-01T00-00-00-500Z-1.json.tmp')
  for (const path of [stale, fresh]) writeFileSync(path, '')
  for (const at of ['2026-01-01T00:00:01.000Z', '2026-01-01T00:00:00.000Z']) {
    const written = writeReportFile(folder, { ...report(), at })
    assert.ok('path' in written && existsSync(written.path))
  }
  const kept = listReports(folder)
  assert.equal(kept.length, REPORTS_KEPT)
  assert.equal(kept.filter((name) => name.startsWith('crash-2026')).length, 2)
  assert.deepEqual([existsSync(stale), existsSync(fresh)], [false, true])
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

test('a folder that may be written but not read gets its report', (t) => {
  const folder = temporaryFolder(t)
  chmodSync(folder, 0o333)
  const isRoot = process.getuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    assert.ok('path' in writeReportFile(folder, report()))
  } finally {
    if (isRoot) process.seteuid?.(0)
    chmodSync(folder, 0o700)
  }
  assert.equal(listReports(folder).length, 1)
})

test('a folder that is a link, as to a volume, gets its report where it leads', (t) => {
  const [folder, place] = [temporaryFolder(t), temporaryFolder(t)]
  symlinkSync(folder, join(place, 'reports'))
  assert.ok('path' in writeReportFile(join(place, 'reports'), report()))
  assert.equal(listReports(folder).length, 1)
})

test('instances that name one folder leave one report in it', (t) => {
  const reportDir = temporaryFolder(t)
  const apps = [1, 2].map(() => ({ leave: { reportDir, terminationLog: false } }) as LeavingApp)
  saveReport(report(), apps)
  assert.equal(listReports(reportDir).length, 1)
})

test('texts are cut at whole characters', () => {
  assert.equal(truncate('abc', 3), 'abc')
  assert.equal(truncate('aäöü', 4), 'aä')
  assert.equal(truncate('a😀', 4), 'a')
  const long = truncate('😀'.repeat(4_000), 4_096)
  assert.equal(Buffer.byteLength(long), 4_096)
  assert.doesNotMatch(long, /\ufffd/)
})

test('the termination log is bounded in bytes, however many a character has', (t) => {
  const path = join(temporaryFolder(t), 'termination-log')
  const told = report()
  const stack = `Error: ${'ä'.repeat(4_000)}`
  const fault = { ...told.fault!, error: { ...told.fault!.error, stack } }
  assert.equal(writeTerminationLog(path, { ...told, fault }), undefined)
  const text = readFileSync(path, 'utf8')
  assert.ok(text.includes('ääää'))
  assert.ok(statSync(path).size <= 4_096, `${statSync(path).size} bytes`)
})

for (const [what, text] of Object.entries({
  'of one line': 'x'.repeat(10_000),
  'of many lines': 'line\n'.repeat(2_000),
  'of characters of several bytes': 'x\u00e9\u20ac\u{1f600}'.repeat(2_000),
  'of control characters': '\x1b'.repeat(10_000),
})) {
  test(`a termination message leaves out nothing but the rest of a long text: ${what}`, (t) => {
    const path = join(temporaryFolder(t), 'termination-log')
    let error: Error | undefined
    for (let depth = 5; depth > 0; depth--) error = new RangeError(`${depth} ${text}`, { cause: error })
    const told = report(error)
    const request = { ...told.fault!.request!, id: `id ${text}`, url: `/url/${text}` }
    const long = { ...told, fault: { ...told.fault!, request, job: `job ${text}` } }
    assert.equal(writeTerminationLog(path, long), undefined)
    const message = readFileSync(path, 'utf8')
    assert.ok(Buffer.byteLength(message) <= 4_096, `${Buffer.byteLength(message)} bytes`)
    assert.doesNotMatch(message, /\ufffd/)
    for (const part of [
      'fatal fault: RangeError: 1 ',
      `at ${told.at}, exit code 70\n`,
      'request: GET /url/',
      '(id ',
      'job: job ',
      `fault f, fingerprint ${told.fault!.fingerprint}, from handler\n`,
      ...[2, 3, 4, 5].map((depth) => `\n\ncaused by RangeError: ${depth} `),
    ])
      assert.ok(message.includes(part), `${part} is not in:\n${message}`)
    assert.ok(message.includes('…'), 'what was cut is marked')

    writeTerminationLog(path, {
      ...told,
      fault: { ...told.fault!, error: { ...told.fault!.error, cause: undefined! } },
    })
    assert.match(
      readFileSync(path, 'utf8'),
      /\n {4}at .*report\.test\.ts/,
      'a long message leaves place for the trace',
    )

    writeTerminationLog(path, { ...told, reason: 'requested', note: text, fault: null })
    assert.ok(readFileSync(path, 'utf8').includes(`at ${told.at}, exit code 70\n`))
  })
}

test('no link is followed to the termination log, and nobody waits for the reader of a FIFO', (t) => {
  const folder = temporaryFolder(t)
  const [other, link, fifo, file] = ['other', 'link', 'fifo', 'file'].map((name) => join(folder, name))
  writeFileSync(other!, 'untouched')
  symlinkSync(other!, link!)
  execFileSync('mkfifo', [fifo!])
  assert.ok(writeTerminationLog(link!, report()) instanceof Error)
  assert.ok(writeTerminationLog(fifo!, report()) instanceof Error)
  assert.equal(readFileSync(other!, 'utf8'), 'untouched')
  // One that reads nothing.
  const reader = openSync(fifo!, constants.O_RDWR | constants.O_NONBLOCK)
  t.after(() => closeSync(reader))
  let failure: unknown
  for (let i = 0; i < 1_000 && failure === undefined; i++) failure = writeTerminationLog(fifo!, report())
  assert.equal((failure as NodeJS.ErrnoException).code, 'EAGAIN')
  writeFileSync(file!, 'x'.repeat(10_000))
  const told = report()
  const error = { ...told.fault!.error, stack: 'Error: \x1b[2Jred\r\n  at here' }
  assert.equal(writeTerminationLog(file!, { ...told, fault: { ...told.fault!, error } }), undefined)
  const text = readFileSync(file!, 'utf8')
  assert.ok(text.includes('Error: \\x1b[2Jred\\x0d\n  at here'))
  assert.ok(!text.includes('xxxx'))
})

test('urls lose their query strings', () => {
  assert.equal(withoutQuery('/a?b=c'), '/a')
  assert.equal(withoutQuery('/a#b'), '/a')
  assert.equal(withoutQuery('/a'), '/a')
  assert.equal(report().fault?.request?.url, '/a')
})

test("exit codes: not Node's own, not a shell's, 0 only for a recycle", () => {
  for (const code of [0, 1, 13, 126, 256, 14.5, '70', -1, NaN])
    assert.equal(isAllowedExitCode(code, 'fatal'), false)
  for (const code of [14, 70, 125]) assert.equal(isAllowedExitCode(code, 'fatal'), true)
  assert.equal(isAllowedExitCode(0, 'recycle'), true)
})

test('copies of the package share one way out', async () => {
  const copy = (await import(
    `../../src/leave/leave.ts?copy=${Date.now()}`
  )) as typeof import('../../src/leave/leave.ts')
  assert.notEqual(copy.processLeave, processLeave)
  assert.equal(copy.processLeave(), processLeave())
})

test("the version is the package's", () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  assert.equal(VERSION, version)
})
