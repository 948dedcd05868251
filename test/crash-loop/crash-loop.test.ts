import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { buildOf } from '../../src/deaths/build.ts'
import type { Life } from '../../src/deaths/state.ts'
import { StateFile } from '../../src/deaths/state-file.ts'
import { type Child, startFixture } from '../support/child.ts'
import { ask } from '../support/client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { freePort } from '../support/free-port.ts'
import { life } from '../support/state.ts'

const FIXTURE = fileURLToPath(new URL('../fixtures/crash-loop.ts', import.meta.url))
const BUILD = buildOf(undefined, { env: process.env, main: FIXTURE, folder: process.cwd() })

const stateOf = (folder: string): StateFile => new StateFile(folder, (message) => assert.fail(message))

/** Writes the lives of processes that died within the last seconds. */
function seed(folder: string, count: number, ...more: Partial<Life>[]): void {
  const changes = [...Array.from({ length: count }, () => ({})), ...more]
  const lives = changes.map((change, i) => {
    const startedAt = Date.now() - 1_000 * (changes.length - i)
    const endedAt = startedAt + 500
    return life({
      id: `seeded-${i}`,
      build: BUILD,
      startedAt,
      endedAt,
      because: 'exited with code 3',
      ...change,
    })
  })
  stateOf(folder).update((state) => ({ ...state, lives }))
}

function start(t: TestContext, folder: string, env: Record<string, string>, ready = false): Promise<Child> {
  return startFixture(t, 'crash-loop', { env: { DIR: folder, ...env }, ready })
}

const howThey = (folder: string): string[] =>
  stateOf(folder)
    .read()
    .lives.map(({ how }) => how)

test('an app that dies at boot is given up at its fifth start, and tried again at the next', async (t) => {
  const folder = temporaryFolder(t)
  const codes: unknown[] = []
  const told: unknown[] = []
  for (const DIE of ['exit', 'plugin', 'kill', 'before', 'exit', 'exit']) {
    const child = await start(t, folder, { DIE })
    codes.push(await child.exited)
    told.push(child.log().find(({ loop }) => loop !== undefined)?.loop.restarts)
    if (codes.length === 3) {
      const line = child.log().find(({ loop }) => loop !== undefined)
      assert.match(
        line?.msg,
        /^restarted 2 times in \d+ s \(the last death: .+; the plugin that began to load last: routes\)$/,
      )
      assert.equal(line?.level, 50)
      assert.match(line?.loop.deaths[0].because, /^exited by .*crash-loop\.ts:\d+.* with code 3/)
      assert.deepEqual(
        line?.loop.deaths.map(({ loading }: { loading: string }) => loading),
        ['the plugin that was loading: routes', 'the plugin that began to load last: routes'],
      )
    }
    if (codes.length === 5) {
      assert.match(
        child.log().find(({ leave }) => leave?.reason === 'crash-loop')?.msg,
        /^leaving: restarted 4 times in \d+ s \(the last death: .+\): the app is given up, and the next start tries it again$/,
      )
    }
  }
  assert.deepEqual(codes, [
    [3, null],
    [70, null],
    [null, 'SIGKILL'],
    [70, null],
    [78, null],
    [3, null],
  ])
  assert.deepEqual(told, [undefined, undefined, 2, undefined, 4, 4])
})

test('an app that dies before the plugin has loaded is given up too', async (t) => {
  const folder = temporaryFolder(t)
  seed(folder, 3)
  assert.deepEqual(await (await start(t, folder, { DIE: 'before' })).exited, [70, null])
  const child = await start(t, folder, { DIE: 'before' })
  assert.deepEqual(await child.exited, [78, null])
  assert.match(child.stderr(), /restarted 4 times in \d+ s \(the last death: .+\): the app is given up/)
  assert.deepEqual(howThey(folder), ['died', 'died', 'died', 'died', 'gaveUp'])
})

test('a parked app answers 503 where it listened, and says why; a signal ends it in order', async (t) => {
  const folder = temporaryFolder(t)
  const PORT = String(await freePort())
  seed(folder, 4)
  stateOf(folder).update((state) => ({ ...state, addresses: [{ host: '127.0.0.1', port: Number(PORT) }] }))
  // The environment names another port: the state knows better.
  const parked = await start(t, folder, { ACTION: 'park', DIE: 'exit', PORT: '1', PLUGIN_TIMEOUT: '1000' })
  const { msg, level, loop } = await parked.line((line) => line.msg?.startsWith('parked'))
  assert.equal(
    msg.replace(/in \d+ s \(/, 'in 9 s ('),
    `parked on 127.0.0.1:${PORT}, where everything is answered 503; restarted 4 times in 9 s (the last death: exited with code 3): the app is tried again in 10 s`,
  )
  assert.deepEqual([level, loop.restarts], [40, 4])
  const answer = await ask(Number(PORT), '/ok', { method: 'POST', body: 'x' })
  assert.deepEqual([answer.status, JSON.parse(answer.body).statusCode], [503, 503])
  const seconds = Number(answer.headers['retry-after'])
  assert.ok(seconds > 0 && seconds <= 10, String(seconds))
  assert.equal((await ask(Number(PORT), '/live?x')).status, 200)
  assert.deepEqual(howThey(folder).at(-1), 'held')
  parked.kill('SIGTERM')
  assert.deepEqual(await parked.exited, [0, null])
  const next = await start(t, folder, {}, true)
  assert.equal((await next.ask('/ok')).status, 200, 'who stopped it starts it anew')
  assert.ok(!next.log().some(({ loop }) => loop !== undefined))
  assert.deepEqual(stateOf(folder).read().addresses, [{ host: '127.0.0.1', port: next.port }])
})

test('a parked app is tried again in the same process, and one that backs off too', async (t) => {
  const folders = [temporaryFolder(t), temporaryFolder(t)]
  const PORT = String(await freePort())
  for (const folder of folders) seed(folder, 4)
  // Killed while it was held: not the app's death.
  seed(folders[1] as string, 4, { how: 'held' })
  const [parked, backing] = await Promise.all([
    start(t, folders[0] as string, { ACTION: 'park', PORT, PLUGIN_TIMEOUT: '1000' }, true),
    start(t, folders[1] as string, { ACTION: 'backOff', PLUGIN_TIMEOUT: '1000' }, true),
  ])
  assert.equal(String(parked.port), PORT)
  for (const child of [parked, backing]) {
    const waited = child.log().find(({ msg }) => msg?.includes('tried again in'))
    const tried = child.log().find(({ msg }) => msg === 'the app is tried again')
    const seconds = Number(/in (\d+) s$/.exec(waited?.msg)?.[1])
    assert.ok(seconds >= 5 && seconds <= 10, waited?.msg)
    assert.ok(tried?.time - waited?.time > (seconds - 1) * 1_000, `${tried?.time - waited?.time} ms`)
    assert.equal((await child.ask('/ok')).status, 200)
  }
  assert.deepEqual(
    howThey(folders[0] as string),
    ['died', 'died', 'died', 'died'],
    'how it ends is not known yet',
  )
  assert.ok(backing.log().every(({ msg }) => !msg?.startsWith('parked')))
  backing.kill('SIGKILL')
})

test('starts under a test runner, of a test that only injects, and in watch mode do not count', async (t) => {
  const folder = temporaryFolder(t)
  const child = await start(t, folder, { DIE: 'inject' })
  assert.deepEqual(await child.exited, [1, null])
  assert.deepEqual(readdirSync(folder), [])
  seed(folder, 4)
  for (const variable of ['NODE_TEST_CONTEXT', 'WATCH_REPORT_DEPENDENCIES']) {
    const served = await start(t, folder, { [variable]: 'child' }, true)
    assert.ok(!served.log().some(({ loop }) => loop !== undefined), variable)
    served.kill('SIGTERM')
  }
})
