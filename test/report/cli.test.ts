import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { writeReportFile } from '../../src/report/file.ts'
import { formatReport, summarize } from '../../src/report/format.ts'
import { VERSION } from '../../src/version.ts'
import { report } from '../support/crash-report.ts'
import { temporaryFolder } from '../support/folder.ts'
import { TYPESCRIPT } from '../support/typescript-flags.ts'

const run = promisify(execFile)
const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

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

test('a printed report leaves nothing out, and does not mind what is not there', () => {
  const cause = { ...report().fault?.error, type: 'TypeError', message: 'deep', stack: '', cause: undefined }
  const made = report()
  const full = {
    ...made,
    threadId: 3,
    uptime: 90_061,
    fault: made.fault && {
      ...made.fault,
      error: { ...made.fault.error, stack: '', cause: { ...cause, stack: 'TypeError: wide', cause } },
    },
    fingerprints: { aaaa: 2, bbbb: 1 },
    inFlight: [
      { id: 'r1', method: 'GET', route: '/slow', age: 65_400 },
      { id: 'r2', method: 'POST', route: undefined, age: 12.4 },
    ],
    inFlightTotal: 2,
    eventLoopDelay: { mean: 1, p50: 1, p99: 5.510000000000005, max: 1_234.5 },
  } as ReturnType<typeof report>
  const text = formatReport(full)
  for (const line of [
    /^fatal fault: Error: bad/,
    /, thread 3$/m,
    /^job: mail$/m,
    /^uptime +25 h 1 min$/m,
    /^Error: bad \\x1b/m,
    /^caused by TypeError: wide\n\ncaused by TypeError: deep$/m,
    /^event loop +late by 6 ms \(99 %\), 1.2 s \(most\)$/m,
    /^ {2}aaaa {2}2\n {2}bbbb {2}1$/m,
    /^requests in flight: 2\n {4}65.4 s {2}GET \/slow {2}r1\n {5}12 ms {2}POST \(no route\) {2}r2$/m,
  ])
    assert.match(text, line)

  const bare = {
    ...made,
    fault: null,
    memory: {},
    uptime: 3_600,
    versions: { ...made.versions, fastify: null },
  }
  assert.match(
    formatReport(bare),
    /^fatal fault: unknown\n[\s\S]*uptime +60 min\nmemory +\? MB [\s\S]*Fastify unknown/,
  )
  const outside = { ...made, fault: made.fault && { ...made.fault, request: null } }
  assert.doesNotMatch(summarize(outside), /request:/)
  assert.match(summarize({ ...bare, reason: 'recycle', note: 'too old' }), /^recycled: too old\n/)
  const sick = { ended: 21, failed: 12, waiting: 3 }
  assert.match(
    summarize({ ...bare, reason: 'recycle', sick }),
    /^recycled as sick: 12 of 21 requests failed, and 3 wait too long, on routes that were fine before\n/,
  )
  assert.match(formatReport({ ...bare, reason: 'requested', note: 'a\tb' }), /^asked to leave: a {2}b\n/)
})

test('fastify-isolate report: the newest of a folder, and a word for what is wrong', async (t) => {
  const folder = temporaryFolder(t)
  const fails = (args: string[], code: number, says: RegExp) =>
    assert.rejects(
      run(process.execPath, [...TYPESCRIPT, CLI, ...args], { cwd: folder }),
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
  await fails(['report', '--dir', '.'], 64, /^Usage:/)
  writeFileSync(join(folder, 'other.json'), '{}')
  await fails(['report', 'other.json'], 1, /^Not a crash report: other.json/)
  writeFileSync(join(folder, 'other.json'), 'no json')
  await fails(['report', 'other.json'], 1, /^Not a crash report: other.json/)
  writeFileSync(join(folder, 'other.json'), JSON.stringify({ ...report(), version: 2 }))
  await fails(['report', 'other.json'], 1, /version 2/)
  writeFileSync(join(folder, 'other.json'), JSON.stringify({ ...report(), version: '\u009b2J' }))
  await fails(['report', 'other.json'], 1, /version "\\x9b2J"/)
  writeFileSync(join(folder, 'other.json'), JSON.stringify({ ...report(), fault: {} }))
  await fails(['report', 'other.json'], 1, /^A crash report with parts that are missing .*: other.json\n$/)

  writeReportFile(folder, { ...report(), at: '2026-01-01T00:00:00.000Z', reason: 'requested', note: 'old' })
  writeReportFile(folder, { ...report(), at: '2026-01-02T00:00:00.000Z', reason: 'requested', note: 'new' })
  assert.match(
    (await run(process.execPath, [...TYPESCRIPT, CLI, 'report'], { cwd: folder })).stdout,
    /^asked to leave: new\n/,
  )
  assert.match((await run(process.execPath, [...TYPESCRIPT, CLI, '--help'])).stdout, /^Usage:/)
  assert.equal((await run(process.execPath, [...TYPESCRIPT, CLI, '-v'])).stdout, `${VERSION}\n`)
})

test('a reader that has seen enough is no failure', async (t) => {
  const file = join(temporaryFolder(t), 'large.json')
  // More than a pipe holds.
  writeFileSync(file, JSON.stringify({ ...report(), note: 'x'.repeat(1_000_000) }))
  const child = spawn(process.execPath, [...TYPESCRIPT, CLI, 'report', file, '--json'])
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdout.once('data', () => child.stdout.destroy())
  assert.deepEqual(await once(child, 'close'), [0, null])
  assert.equal(stderr, '')
})

test('the report of a sudden death says what is known of it', () => {
  const lastFaults = [
    { id: 'f1', at: '2026-01-01T00:00:00.000Z', origin: 'handler', verdict: 'contain', type: 'TypeError' },
  ].map((fault) => ({ ...fault, fingerprint: '0123456789abcdef', route: 'GET /a' }))
  const memory = { rss: 5e6, heapUsed: 3e6, heapLimit: 4e6 }
  const text = formatReport({
    ...report(),
    ...{
      reason: 'sudden',
      note: 'exited by a.js:1 with code 3',
      fault: null,
      exitCode: null,
      lastFaults,
      memory,
    },
  })
  assert.match(text, /^died: exited by a\.js:1 with code 3\nat .*, exit code unknown\n/)
  assert.match(text, /5 MB resident, 3 MB of 4 MB heap/)
  assert.match(text, /\n\nlast faults:\n {2}2026-01-01T00:00:00\.000Z {2}TypeError in GET \/a {2}f1\n/)
})
