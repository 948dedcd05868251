import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { CrashReport } from '../../src/report/crash-report.ts'
import { type Child, startFixture } from '../support/child.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startLeaving } from '../support/leaving.ts'
import { TYPESCRIPT } from '../support/typescript-flags.ts'

const run = promisify(execFile)
const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

function fatal(child: Child) {
  return child.ask('/fatal/7?token=hunter2', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer hunter2' },
    body: '{"password":"hunter2"}',
  })
}

test('the report: what happened, and nothing secret', async (t) => {
  const DIR = join(temporaryFolder(t), 'made', 'on', 'demand')
  const child = await startFixture(t, 'leaving-report', { env: { DIR, API_KEY: 'hunter2' } })
  await child.ask('/fail')
  await child.ask('/fail')
  const never = child.ask('/never?token=hunter2')
  await child.line((line) => line.req?.url?.startsWith('/never'))
  const sent = await fatal(child)
  assert.equal(sent.status, 500)
  assert.ok(sent.ms < (await never).ms, 'it is answered at once, and not at the deadline')
  assert.deepEqual(await child.exited, [70, null])

  const [name, ...others] = readdirSync(DIR)
  assert.deepEqual(others, [])
  assert.match(
    name as string,
    new RegExp(`^crash-\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\d-\\d{3}Z-${child.pid}\\.json$`),
  )
  const file = join(DIR, name as string)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const text = readFileSync(file, 'utf8')
  assert.doesNotMatch(text, /hunter2/)
  const report = JSON.parse(text) as CrashReport
  assert.equal(report.schema, 'fastify-isolate/crash-report')
  assert.equal(report.version, 1)
  assert.deepEqual(
    [report.reason, report.phase, report.exitCode, report.pid, report.note],
    ['fatal', 'serving', 70, child.pid, null],
  )
  assert.equal(report.fault?.error.message, 'the end')
  assert.equal(report.fault?.error.cause?.message, 'its cause')
  assert.equal(report.fault?.verdict, 'fatal')
  assert.deepEqual([report.fault?.request?.url, report.fault?.request?.route], ['/fatal/7', '/fatal/:id'])
  assert.equal(report.inFlightTotal, 2)
  assert.equal(report.inFlight[0]?.route, '/never')
  assert.ok((report.inFlight[0]?.age ?? -1) >= 0)
  assert.deepEqual(Object.values(report.fingerprints).sort(), [1, 2])
  assert.ok((report.memory.rss ?? 0) > 1e6)
  assert.ok(report.uptime > 0)
  assert.equal(report.versions.node.length > 0 && report.versions.fastify !== null, true)
  assert.notEqual(report.host, '')

  const told = child.log().find((line) => line.msg === 'onLeave')
  assert.equal(told?.report.fault.id, report.fault?.id)

  const { stdout } = await run(process.execPath, [...TYPESCRIPT, CLI, 'report', DIR])
  assert.match(stdout, /^fatal fault: FatalError: the end\n/)
  assert.match(stdout, /caused by TypeError: its cause/)
  assert.match(stdout, /requests in flight: 2\n.*GET \/never/)
  const json = await run(process.execPath, [...TYPESCRIPT, CLI, 'report', file, '--json'])
  assert.equal(json.stdout, text)
})

test('a plain leave() is reported too', async (t) => {
  const DIR = temporaryFolder(t)
  const child = await startFixture(t, 'leaving-report', { env: { DIR } })
  await child.ask('/leave')
  assert.deepEqual(await child.exited, [0, null])
  const [file] = readdirSync(DIR)
  const report = JSON.parse(readFileSync(join(DIR, file as string), 'utf8')) as CrashReport
  assert.deepEqual([report.reason, report.note, report.exitCode], ['requested', 'asked', 0])
})

test('a signal is no crash, and is not reported', async (t) => {
  const reportDir = temporaryFolder(t)
  const terminationLog = join(reportDir, 'termination-log')
  const child = await startLeaving(t, { leave: { signals: ['SIGTERM'], reportDir, terminationLog } })
  child.kill('SIGTERM')
  assert.deepEqual(await child.exited, [0, null])
  assert.deepEqual(readdirSync(reportDir), [])
})

test('a folder that cannot be written costs the report and a log line', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'file'), '')
  mkdirSync(join(folder, 'gone'))
  const cases: Record<string, Record<string, string>> = {
    'not a folder': { DIR: join(folder, 'file') },
    'no file system allows it': { DIR: '/proc/nothing' },
    'a full disk': { DIR: folder, TERMINATION_LOG: '/dev/full' },
  }
  for (const [what, env] of Object.entries(cases)) {
    const child = await startFixture(t, 'leaving-report', { env })
    assert.equal((await fatal(child)).status, 500, what)
    assert.deepEqual(await child.exited, [70, null], what)
    const line = child.log().find(({ msg }) => msg?.endsWith('could not be written'))
    assert.equal(typeof line?.err.code, 'string', what)
  }
})

test('a read-only folder costs the report and a log line', async (t) => {
  const DIR = temporaryFolder(t)
  chmodSync(DIR, 0o555)
  const child = await startFixture(t, 'leaving-report', { env: { DIR, UNPRIVILEGED: 'yes' } })
  assert.equal((await fatal(child)).status, 500)
  assert.deepEqual(await child.exited, [70, null])
  const line = child.log().find(({ msg }) => msg === 'the crash report could not be written')
  assert.equal(line?.err.code, 'EACCES')
})

test('a disk that is full once the file is open costs the report, and keeps no half of it', async (t) => {
  const DIR = temporaryFolder(t)
  const TERMINATION_LOG = join(temporaryFolder(t), 'termination-log')
  // No file may grow past 512 bytes.
  const through = ['sh', '-c', 'ulimit -f 1; exec "$@"', 'sh']
  const child = await startFixture(t, 'leaving-report', { env: { DIR, TERMINATION_LOG }, through })
  assert.equal((await fatal(child)).status, 500)
  assert.deepEqual(await child.exited, [70, null])
  const line = child.log().find(({ msg }) => msg === 'the crash report could not be written')
  assert.equal(line?.err.code, 'EFBIG')
  assert.deepEqual(readdirSync(DIR), [])
})

test('a folder that was removed meanwhile is made again', async (t) => {
  const DIR = join(temporaryFolder(t), 'reports')
  mkdirSync(DIR)
  const child = await startFixture(t, 'leaving-report', { env: { DIR, REMOVE: DIR } })
  await fatal(child)
  assert.deepEqual(await child.exited, [70, null])
  assert.equal(readdirSync(DIR).length, 1)
})

test('the termination log says why in at most 4 096 bytes', async (t) => {
  const TERMINATION_LOG = join(temporaryFolder(t), 'termination-log')
  const child = await startFixture(t, 'leaving-report', { env: { DIR: temporaryFolder(t), TERMINATION_LOG } })
  await fatal(child)
  assert.deepEqual(await child.exited, [70, null])
  const text = readFileSync(TERMINATION_LOG, 'utf8')
  assert.match(text, /^fatal fault: FatalError: the end\nat .*, exit code 70\nrequest: POST \/fatal\/7 /)
  assert.ok(Buffer.byteLength(text) <= 4_096)
})
