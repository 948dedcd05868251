import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, constants, existsSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fatalAmidOthers, fatalMessages, leavesAmidOthers, startAdverse } from '../support/adverse.ts'
import { jsonLines } from '../support/child.ts'
import { ask } from '../support/client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { until } from '../support/until.ts'

/** Whether another program can take the place of a Node. */
const CAN_REPLACE: boolean = 'execve' in process

function pipe(t: TestContext): string {
  const path = join(temporaryFolder(t), 'pipe')
  execFileSync('mkfifo', [path])
  return path
}

/** The write end of a pipe that is full, and that nobody reads. */
function fullPipe(t: TestContext): number {
  const path = pipe(t)
  const filler = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  try {
    for (;;) writeSync(filler, 'x'.repeat(4_096))
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN')
  }
  const end = openSync(path, constants.O_RDWR)
  t.after(() => [filler, end].forEach(closeSync))
  return end
}

for (const log of ['sync', 'async', 'transport'] as const) {
  test(`stdout has lost its reader (${log}): stderr has what was fatal`, async (t) => {
    const through = ['bash', '-c', 'exec "$@" > >(exec true)', 'bash']
    const child = await startAdverse(t, { log }, { through })
    await leavesAmidOthers(child)
    assert.deepEqual(fatalMessages(jsonLines(child.stderr())), ['the end'])
  })
}

test('stdout and stderr have lost their reader: the report has it', async (t) => {
  const reportDir = temporaryFolder(t)
  const readyFile = join(temporaryFolder(t), 'port')
  const through = ['bash', '-c', 'exec "$@" > >(exec true) 2> >(exec true)', 'bash']
  const child = await startAdverse(t, { readyFile, leave: { reportDir } }, { through, ready: false })
  await until(() => existsSync(readyFile))
  await leavesAmidOthers(child, { port: Number(readFileSync(readyFile, 'utf8')) })
  assert.equal(readdirSync(reportDir).length, 1)
})

test('a log in which a thread hangs for ever: the exit does not wait for it', async (t) => {
  // Nobody opens it to read.
  const logFile = pipe(t)
  const child = await startAdverse(t, { log: 'async', logFile, leave: { deadline: 2_000 } })
  assert.deepEqual(await fatalAmidOthers(child), CAN_REPLACE ? [70, null] : [null, 'SIGKILL'])
  const lines = jsonLines(child.stderr())
  assert.deepEqual(fatalMessages(lines), ['the end'])
  assert.ok(lines.some(({ msg }) => msg?.startsWith('the log was not written whole: ')))
  assert.equal(lines.at(-1)?.msg, 'left: exit code 70')
})

test('work on files that goes on and on, none of which lasts: the process exits with its code', async (t) => {
  await leavesAmidOthers(await startAdverse(t, { isBusy: true }))
})

test('a pipe that nobody reads, behind a worker thread: the watchdog says why, and kills', async (t) => {
  const setup = { log: 'transport', leave: { deadline: 2_000 } } as const
  const child = await startAdverse(t, setup, { stdout: fullPipe(t) })
  assert.deepEqual(await fatalAmidOthers(child), [null, 'SIGKILL'])
  assert.deepEqual(fatalMessages(jsonLines(child.stderr())), ['the end'])
})

test('a pipe that nobody reads, which blocks the event loop: the report is there, and the watchdog kills', async (t) => {
  const reportDir = temporaryFolder(t)
  const setup = { log: 'sync', level: 'warn', leave: { deadline: 2_000, reportDir } } as const
  const child = await startAdverse(t, setup, { stdout: fullPipe(t) })
  assert.equal((await ask(child.port, '/fatal')).status, 0)
  assert.deepEqual(await child.exited, [null, 'SIGKILL'])
  assert.deepEqual(fatalMessages(jsonLines(child.stderr())), ['the end'])
  assert.equal(readdirSync(reportDir).length, 1)
})
