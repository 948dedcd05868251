import assert from 'node:assert/strict'
import childProcess from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Notifier } from '../../src/systemd/notifier.ts'
import { type Child, startFixture } from '../support/child.ts'
import { temporaryFolder } from '../support/folder.ts'
import { until } from '../support/until.ts'

const PROGRAM = `#!/bin/sh
echo "$PPID $*" >> "$NOTIFY_SOCKET"
`

/** A `systemd-notify` on the PATH that writes each message as a line of a file, after the pid of the shell. */
function fakeProgram(t: TestContext): {
  env: { NOTIFY_SOCKET: string; PATH: string }
  told: () => string[]
  shell: () => number
} {
  const folder = temporaryFolder(t)
  const socket = join(folder, 'socket')
  writeFileSync(socket, '')
  writeFileSync(join(folder, 'systemd-notify'), PROGRAM, { mode: 0o755 })
  const lines = (): string[] => readFileSync(socket, 'utf8').split('\n').slice(0, -1)
  return {
    env: { NOTIFY_SOCKET: socket, PATH: [folder, process.env.PATH].join(delimiter) },
    told: () => lines().map((line) => line.slice(line.indexOf(' ') + 1)),
    shell: () => {
      const pid = Number.parseInt(lines().at(-1) ?? '', 10)
      // a signal to 0 would go to the tests themselves
      assert.ok(pid > 1)
      return pid
    },
  }
}

async function startSupervised(
  t: TestContext,
  more: Record<string, string> = {},
): Promise<{ child: Child; told: () => string[]; shell: () => number }> {
  const { env, ...program } = fakeProgram(t)
  return { ...program, child: await startFixture(t, 'supervised', { env: { ...env, ...more } }) }
}

const isBeat = (message: string): boolean => message === 'WATCHDOG=1'
const EXTENDS = /^EXTEND_TIMEOUT_USEC=(\d+)$/

test('systemd is told that the app listens, lives, and leaves until it has left', async (t) => {
  const { child, told, shell } = await startSupervised(t, { WATCHDOG_USEC: '100000' })
  await until(() => told().filter(isBeat).length > 3)
  assert.equal(told()[0], 'READY=1')
  // one that went on would be told forty times
  assert.ok(Number((await child.ask('/block?ms=2000')).body) < 10)
  const answer = child.ask('/slow?ms=3000')
  await child.ask('/')
  const first = shell()
  // systemd sends it to every process of the service
  process.kill(first, 'SIGTERM')
  child.kill('SIGTERM')
  assert.equal((await answer).body, 'slow')
  assert.deepEqual(await child.exited, [0, null])
  await until(() => told().some((message) => EXTENDS.test(message)))
  const [stops, ...more] = told().filter((message) => message !== 'READY=1' && !isBeat(message))
  assert.equal(stops, 'STOPPING=1 EXTEND_TIMEOUT_USEC=6000000')
  assert.equal(shell(), first)
  for (const message of more) assert.ok(Number(EXTENDS.exec(message)?.[1]) > 0, message)
  assert.deepEqual(child.log(), [])
})

test('a process that the one of the service has started says neither that the service lives nor that it leaves', async (t) => {
  const { child, told } = await startSupervised(t, {
    WATCHDOG_USEC: '20000',
    WATCHDOG_PID: '1',
    SYSTEMD_EXEC_PID: '1',
  })
  await until(() => told().length > 0)
  const answer = child.ask('/slow?ms=500')
  await child.ask('/')
  child.kill('SIGTERM')
  assert.equal((await answer).body, 'slow')
  assert.deepEqual(await child.exited, [0, null])
  assert.deepEqual(told(), ['READY=1'])
})

test('without systemd-notify it warns once, and serves', async (t) => {
  const { child, told } = await startSupervised(t, { PATH: '/nowhere', WATCHDOG_USEC: '20000' })
  assert.equal((await child.ask('/slow?ms=100')).body, 'slow')
  child.kill('SIGTERM')
  assert.deepEqual(await child.exited, [0, null])
  assert.deepEqual(told(), [])
  const [line, ...more] = child.log()
  assert.deepEqual(more, [])
  assert.match(line?.msg, /there is no systemd-notify on the PATH/)
})

test('where the shell dies the next message starts another one, and where none can be started it tells so once', async (t) => {
  const { env, told, shell } = fakeProgram(t)
  const { PATH } = process.env
  Object.assign(process.env, env)
  t.after(() => {
    process.env.PATH = PATH
    delete process.env.NOTIFY_SOCKET
  })
  const failures: unknown[] = []
  const notifier = new Notifier((failure) => failures.push(failure))
  notifier.send('N=1')
  await until(() => told().length > 0)
  const first = shell()
  process.kill(first, 'SIGKILL')
  await until(() => {
    notifier.send('N=2')
    return told().includes('N=2')
  })
  assert.notEqual(shell(), first)
  assert.equal(failures.length, 0)

  const failure = new Error('no processes left')
  t.mock.method(childProcess, 'spawn', () => {
    throw failure
  })
  const other = new Notifier((each) => failures.push(each))
  other.send('N=3')
  other.send('N=4')
  assert.deepEqual(failures, [failure])
})
