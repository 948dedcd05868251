import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Death } from '../../src/deaths/death.ts'
import type { PastLife } from '../../src/deaths/past-life.ts'
import { readFlight } from '../../src/flight/read-flight.ts'
import { type Child, type LogLine, startFixture } from '../support/child.ts'
import { temporaryFolder } from '../support/folder.ts'
import { TEST_TIMEOUT } from '../support/timeouts.ts'
import { until } from '../support/until.ts'

/** A way to end a process, and what the next one has to know of it. */
interface End {
  readonly end: (child: Child) => void
  readonly exited: readonly [number | null, NodeJS.Signals | null]
  readonly how: PastLife['how']
  readonly because: RegExp
  readonly death?: Partial<Death>
  /** Whether the log of the next process has a line. */
  readonly isTold: boolean
}

const SLOW = 'GET /slow/:id'
const DONE: readonly string[] = ['GET /fault', 'GET /in-flight']
const NATIVE = /^killed by a signal, or crashed in native code/

function asked(path: string): (child: Child) => void {
  return (child) => void child.ask(path, { headers: { 'x-request-id': 'culprit' } })
}

function sudden(name: string, signal: NodeJS.Signals, because: RegExp = NATIVE): End {
  const inFlight = [`GET /${name}/:id`, SLOW]
  const death = { cause: 'sudden', inFlight, culprit: undefined } as const
  return { end: asked(`/${name}/1`), exited: [null, signal], how: 'died', because, death, isTold: true }
}

const ends: Record<string, End> = {
  'an abort, the first statement of a handler': sudden('abort', 'SIGABRT'),
  'a segmentation fault': sudden('segfault', 'SIGSEGV'),
  'SIGKILL, by itself': sudden('kill', 'SIGKILL'),
  'out of memory': sudden('memory', 'SIGABRT', /out of memory/),
  'SIGKILL of the process group': {
    end: ({ pid }) => process.kill(process.platform === 'linux' ? -pid : pid, 'SIGKILL'),
    exited: [null, 'SIGKILL'],
    how: 'died',
    because: NATIVE,
    death: { cause: 'sudden', culprit: undefined, inFlight: [SLOW] },
    isTold: true,
  },
  'process.exit() of a handler': {
    end: asked('/exit-later'),
    exited: [3, null],
    how: 'died',
    because: /^exited by test\/fixtures\/recorder\.ts:\d+ with code 3$/,
    death: { cause: 'exit', culprit: 'GET /exit-later', inFlight: ['GET /exit-later', SLOW] },
    isTold: true,
  },
  'a fatal fault': {
    end: asked('/fatal/1'),
    exited: [70, null],
    how: 'died',
    because: /^a fatal fault: FatalError from handler$/,
    death: { cause: 'fatal', culprit: 'GET /fatal/:id' },
    isTold: false,
  },
  'a death on trial': {
    end: async (child) => {
      assert.deepEqual(JSON.parse((await child.ask('/trial')).body), { isWritten: true })
      child.kill('SIGKILL')
    },
    exited: [null, 'SIGKILL'],
    how: 'died',
    because: NATIVE,
    death: { cause: 'sudden', culprit: 'GET /trial' },
    isTold: true,
  },
  'SIGTERM that nobody listens for': {
    end: (child) => child.kill('SIGTERM'),
    exited: [null, 'SIGTERM'],
    how: 'signal',
    because: /^ended on SIGTERM$/,
    isTold: false,
  },
  'app.close()': {
    end: asked('/close'),
    exited: [0, null],
    how: 'orderly',
    because: /^the app was closed$/,
    isTold: false,
  },
}

/** A server with five slow requests and a fault behind it. */
async function startServer(t: TestContext, dir: string): Promise<Child> {
  const child = await startFixture(t, 'recorder', {
    env: { SETUP: JSON.stringify({ dir, leave: { deadline: 100 } }) },
    nodeArgs: ['--max-old-space-size=100'],
    through: process.platform === 'linux' ? ['setsid'] : [],
  })
  for (let i = 0; i < 5; i += 1) void child.ask(`/slow/${i}`, { headers: { 'x-request-id': `slow-${i}` } })
  assert.equal((await child.ask('/fault')).status, 500)
  await until(async () => (await child.ask('/in-flight')).body === '6')
  const file = readdirSync(dir).find((name) => name.startsWith(`flight-${child.pid}-`)) as string
  await until(() => (readFlight(readFileSync(join(dir, file)))?.rates.length ?? 0) > 0)
  return child
}

function linesOf(child: Child): LogLine[] {
  return child.log().filter(({ msg }) => /^the process before this one died/.test(msg))
}

function assertTold(line: LogLine, { because, death }: PastLife): void {
  assert.deepEqual([line.level, line.msg], [50, `the process before this one died: ${because}`])
  assert.equal(line.death.pid, death?.pid)
  const ids = line.inFlight.map(({ id }: { id: string }) => id)
  for (let i = 0; i < 5; i += 1) assert.ok(ids.includes(`slow-${i}`), `slow-${i} is not in flight: ${ids}`)
  assert.ok(line.inFlight.every(({ age }: { age: number }) => age >= 0))
  const [fault] = line.lastFaults
  assert.deepEqual([fault.type, fault.route, fault.verdict], ['TypeError', 'GET /fault', 'contain'])
  const report = JSON.parse(readFileSync(line.report, 'utf8'))
  assert.deepEqual(
    [report.reason, report.note, report.phase, report.fault, report.pid],
    ['sudden', because, 'serving', null, death?.pid],
  )
  assert.deepEqual(new Set(report.inFlight.map(({ id }: { id: string }) => id)), new Set(ids))
  assert.ok(!JSON.stringify(report).includes('secret'))
}

test('the next process knows how the one before ended, and who was in flight', {
  timeout: TEST_TIMEOUT,
}, async (t) => {
  const dir = temporaryFolder(t)
  let child = await startServer(t, dir)
  assert.deepEqual([child.ready.pastLives, linesOf(child)], [[], []])
  for (const [name, expected] of Object.entries(ends)) {
    await t.test(name, async () => {
      expected.end(child)
      assert.deepEqual(await child.exited, expected.exited, child.stderr())
      const before = child
      child = await startServer(t, dir)
      const lives: PastLife[] = child.ready.pastLives
      assert.equal(lives.length, 1)
      const life = lives[0] as PastLife
      assert.equal(life.how, expected.how)
      assert.match(life.because, expected.because)
      assert.ok(life.startedAt < life.listenedAt! && life.listenedAt! < life.endedAt)
      const { death } = life
      assert.equal(death === undefined, expected.death === undefined)
      if (death !== undefined) {
        // what has ended stands in the file until the next copy
        const inFlight = death.inFlight.filter((route) => !DONE.includes(route))
        const found = Object.keys(expected.death ?? {}).map((key) => [
          key,
          { ...death, inFlight }[key as keyof Death],
        ])
        assert.deepEqual(Object.fromEntries(found), expected.death)
        assert.deepEqual([death.id, death.pid, death.because], [life.id, before.pid, life.because])
        assert.ok(death.build !== '' && death.samples > 0)
      }
      assert.equal(linesOf(child).length, expected.isTold ? 1 : 0)
      if (expected.isTold) assertTold(linesOf(child)[0] as LogLine, life)
    })
  }
  const files = readdirSync(dir)
  assert.deepEqual(
    files.filter((name) => name.endsWith('.bin')).map((name) => name.split('-')[1]),
    [String(child.pid)],
  )
  for (const name of files) assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600, name)
})
