import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Child, startFixture } from '../support/child.ts'
import { temporaryFolder } from '../support/folder.ts'
import { TYPESCRIPT } from '../support/typescript-flags.ts'
import { until } from '../support/until.ts'

const POISON = 'GET /poison'
const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

type Quarantine = { build?: string; coolDown?: number }

function start(t: TestContext, dir: string, way: string, quarantine: Quarantine = {}): Promise<Child> {
  return startFixture(t, 'quarantine', { env: { SETUP: JSON.stringify({ dir, way, quarantine }) } })
}

function cli(...args: string[]): string {
  return execFileSync(process.execPath, [...TYPESCRIPT, CLI, 'quarantine', ...args], { encoding: 'utf8' })
}

test('a trial that kills closes the route for longer, three good ones release it', async (t) => {
  const dir = temporaryFolder(t)
  const soon = { coolDown: 1_000 }
  for (const _ of [1, 2]) {
    const child = await start(t, dir, 'fatal', soon)
    void child.ask('/poison')
    assert.deepEqual(await child.exited, [70, null])
  }
  const tried = await start(t, dir, 'fatal', soon)
  await until(async () => (await tried.ask('/poison')).status !== 503)
  assert.deepEqual(await tried.exited, [70, null])

  const mended = await start(t, dir, 'mended', soon)
  const line = await mended.line(({ msg }) => msg.startsWith(`${POISON} is closed`))
  assert.deepEqual([line.quarantine.relapses, line.quarantine.deaths.length], [1, 3])
  assert.match(line.quarantine.evidence, /^it killed again: a fatal fault/)
  await until(async () => {
    await mended.ask('/poison')
    return mended.log().some(({ msg }) => msg === `${POISON} is released: its trials went well`)
  })
  const answers = await Promise.all([1, 2, 3].map(() => mended.ask('/poison')))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  )
  mended.kill('SIGKILL')
})

test('by hand, from outside: lists, releases and closes, and a new build knows nothing of it', async (t) => {
  const dir = temporaryFolder(t)
  const first = await start(t, dir, 'mended')
  first.kill('SIGTERM')
  await first.exited
  assert.equal(cli('--dir', dir), 'No route is closed.\n')
  assert.match(cli('close', POISON, 'it is too dear', '--dir', dir), /^GET \/poison is closed/)
  assert.equal(cli('list', '--dir', dir), `${POISON}  closed, until it is released; it is too dear\n`)
  assert.deepEqual(Object.keys(JSON.parse(cli('--json', '--dir', dir))), [POISON])
  const closed = await start(t, dir, 'mended')
  assert.equal((await closed.ask('/poison')).status, 503)
  assert.equal(cli('release', POISON, '--dir', dir), `${POISON} is released.\n`)
  const releasedAt = performance.now()
  await until(async () => (await closed.ask('/poison')).status === 200)
  assert.ok(performance.now() - releasedAt < 5_000, 'it need not be asked, which it is every ten seconds')
  assert.throws(
    () => cli('--dir', join(dir, 'typo')),
    /No app with a quarantine has run with \S+typo as the folder/,
  )
  cli('close', 'GET /typo', 'too dear', '--dir', dir)
  await closed.line(({ level, msg }) => level === 40 && msg.startsWith('GET /typo was to be closed by hand'))
  cli('close', POISON, 'again', '--dir', dir)
  const other = await start(t, dir, 'mended', { build: '2' })
  assert.equal((await other.ask('/poison')).status, 200)
  // that of the build which ran last
  assert.equal(cli('--dir', dir), 'No route is closed.\n')
  for (const child of [closed, other])
    assert.equal(child.log().filter(({ msg }) => /GET \/typo/.test(msg)).length, child === closed ? 1 : 0)
})
