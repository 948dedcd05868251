import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Child, jsonLines, startFixture } from '../support/child.ts'
import type { Answer } from '../support/client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { until } from '../support/until.ts'

// A process that something blocks is killed by the watchdog, five seconds after it began to leave: no exit code then.

/** A file that is full once it holds 16 kB. */
const FILLS_UP = ['sh', '-c', 'ulimit -f 32; exec "$@"', 'sh']

const FULL = '/dev/full'

/** Starts the fixture in a folder of its own. */
async function start(
  t: TestContext,
  env: Record<string, string>,
  through: readonly string[] = [],
): Promise<Run> {
  const folder = temporaryFolder(t)
  const child = await startFixture(t, 'failing-log', {
    env: { FILE: join(folder, 'log'), DIR: folder, ...env },
    through,
  })
  return { child, folder }
}

interface Run {
  child: Child
  folder: string
}

/** Asks for the slow answer, and resolves with it unread once the log has its request. */
async function askSlow({ child, folder }: Run): Promise<{ answer: Promise<Answer> }> {
  const answer = child.ask('/slow')
  const file = join(folder, 'log')
  await until(() => existsSync(file) && readFileSync(file, 'utf8').includes('/slow'))
  return { answer }
}

/** What the process said on stderr, and what it left behind. */
async function ending({ child, folder }: Run) {
  assert.deepEqual(await child.exited, [70, null], child.stderr())
  const lines = jsonLines(child.stderr())
  const reports = readdirSync(folder).filter((name) => name.startsWith('crash-'))
  assert.equal(reports.length, 1)
  return {
    fatal: lines.filter(({ level }) => level === 60).map(({ err }) => err.message as string),
    messages: lines.map(({ msg }) => msg as string),
    faults: child.log().find(({ msg }) => msg === 'exit')?.faults as number,
    report: JSON.parse(readFileSync(join(folder, reports[0] as string), 'utf8')),
  }
}

for (const [line, message] of [
  ['dies', 'the transport died'],
  ['exits', 'the worker thread exited'],
] as const) {
  test(`a transport whose worker ${line} is one fault, told on stderr, which \`classify\` makes fatal`, async (t) => {
    const run = await start(t, { LOG: 'transport' })
    const { answer } = await askSlow(run)
    await run.child.ask(`/log?line=${line}`)
    assert.equal((await answer).body, 'slow but whole')
    const { fatal, messages, faults, report } = await ending(run)
    assert.deepEqual(fatal, [message])
    assert.ok(messages.includes('leaving: a fault was fatal') && messages.includes('left: exit code 70'))
    assert.equal(faults, 1)
    assert.equal(report.fault.error.message, message)
  })
}

test('a transport whose worker hangs does not hold the process', async (t) => {
  const run = await start(t, { LOG: 'transport' })
  await run.child.ask('/log?line=hangs')
  assert.equal((await run.child.ask('/fatal')).status, 500)
  const { report, fatal } = await ending(run)
  assert.deepEqual(fatal, ['the end'])
  assert.equal(report.fault.error.message, 'the end')
})

for (const LOG of ['file', 'sync']) {
  test(`a disk that fills up is one fault, told on stderr, which \`classify\` makes fatal (${LOG})`, async (t) => {
    const run = await start(t, { LOG }, FILLS_UP)
    const { answer } = await askSlow(run)
    assert.equal((await run.child.ask('/log?line=x&times=500')).body, 'logged')
    assert.equal((await answer).body, 'slow but whole')
    const { fatal, messages, faults, report } = await ending(run)
    assert.equal(fatal.length, 1)
    assert.match(fatal[0] as string, /^EFBIG/)
    assert.ok(messages.includes('leaving: a fault was fatal') && messages.includes('left: exit code 70'))
    assert.equal(faults, 1)
    assert.match(report.fault.error.message, /^EFBIG/)
  })

  test(`a disk that is full when the fatal line is written (${LOG})`, async (t) => {
    const run = await start(t, { LOG, FILE: FULL, LEVEL: 'fatal' })
    assert.equal((await run.child.ask('/fatal')).status, 500)
    const { fatal, faults, report } = await ending(run)
    assert.equal(fatal.filter((message) => message === 'the end').length, 1)
    assert.ok(fatal.length <= 2, `${fatal}`)
    assert.ok(faults <= 2, `${faults}`)
    assert.equal(report.fault.error.message, 'the end')
  })
}

for (const [LOG, line] of [
  ['transport', 'dies'],
  ['file', 'x'],
  ['sync', 'x'],
] as const) {
  test(`a log whose destination fails ends no process, and later faults are told (${LOG})`, async (t) => {
    const { child } = await start(t, { LOG, SERVES_ON: 'yes' }, LOG === 'transport' ? [] : FILLS_UP)
    await child.ask(`/log?line=${line}&times=500`)
    const told = () => jsonLines(child.stderr())
    await until(() => told().length > 0)
    for (let i = 0; i < 3; i++) assert.equal((await child.ask('/log?line=y')).body, 'logged')
    assert.equal((await child.ask('/fail')).status, 500)
    await until(() => told().length > 2)
    assert.deepEqual(
      told().map(({ level, fault, msg }) => [level, fault?.verdict, /^[a-z ]+/.exec(msg)?.[0]]),
      [
        [50, 'recycle', 'error outside of any request'],
        [30, undefined, 'the process will be recycled at '],
        [50, 'contain', 'request failed'],
      ],
    )
    assert.equal((await child.ask('/fatal')).status, 500)
    assert.deepEqual(await child.exited, [70, null])
  })
}

test('a destination whose errors the app handles: told once on stderr, later faults are too', async (t) => {
  const { child } = await start(t, { LOG: 'handled', FILE: FULL })
  await child.ask('/log?line=x')
  assert.equal((await child.ask('/fail')).status, 500)
  const told = () =>
    jsonLines(child.stderr()).map(({ level, msg, err }) => [level, msg, err?.code ?? err?.message])
  await until(() => told().length >= 2)
  assert.deepEqual(told(), [
    [50, 'the destination of the log failed: fastify-isolate writes to stderr from now on', 'ENOSPC'],
    [50, 'request failed: an ordinary bug', 'an ordinary bug'],
  ])
  assert.equal((await child.ask('/log?line=y')).body, 'logged')
})
