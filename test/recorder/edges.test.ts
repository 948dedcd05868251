import assert from 'node:assert/strict'
import { AsyncResource } from 'node:async_hooks'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import type { PastLife } from '../../src/deaths/past-life.ts'
import { FLIGHT_FILE } from '../../src/flight/layout.ts'
import { readFlight } from '../../src/flight/read-flight.ts'
import { isolate } from '../../src/index.ts'
import { isolatedAppOf } from '../../src/isolated-app.ts'
import type { Recorder } from '../../src/recorder/recorder.ts'
import { type Child, startFixture } from '../support/child.ts'
import { temporaryFolder } from '../support/folder.ts'
import { until } from '../support/until.ts'

const WARN = 40

function start(t: TestContext, dir: string, boot?: string): Promise<Child> {
  return startFixture(t, 'recorder', {
    env: { SETUP: JSON.stringify({ dir, boot }) },
    ready: boot === undefined,
  })
}

function warnings(child: Child): string[] {
  return child.log().flatMap(({ level, msg }) => (level >= WARN ? [msg] : []))
}

test('a start that fails is a death, and one that only injects leaves nothing behind', async (t) => {
  const dir = temporaryFolder(t)
  for (const [boot, code] of [
    ['inject', 1],
    ['done', 0],
  ] as const) {
    assert.deepEqual(await (await start(t, dir, boot)).exited, [code, null])
    assert.deepEqual(readdirSync(dir), [], boot)
  }
  assert.deepEqual(await (await start(t, dir, 'exit-ready')).exited, [4, null])
  const child = await start(t, dir)
  const [life, ...more]: PastLife[] = child.ready.pastLives
  assert.deepEqual([life?.how, life?.listenedAt, life?.death?.cause, more], ['died', undefined, 'exit', []])
  assert.match(life?.because ?? '', /^exited by test\/fixtures\/recorder\.ts:\d+ with code 4$/)
  // of those that were closed before they listened, one file tells of the end of their process
  assert.deepEqual(await (await start(t, dir, 'close')).exited, [5, null])
  const files = readdirSync(dir).filter((name) => FLIGHT_FILE.test(name))
  assert.deepEqual([files.length, files.filter((name) => name.includes(`-${child.pid}-`)).length], [2, 1])
})

test('a folder that cannot be made, or that vanishes, costs one warning and nothing else', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'file'), '')
  const [impossible, vanishing] = await Promise.all([
    start(t, join(folder, 'file', 'below')),
    start(t, join(folder, 'vanishing')),
  ])
  assert.equal((await vanishing.ask('/fast')).status, 200)
  assert.deepEqual(warnings(vanishing), [])
  rmSync(join(folder, 'vanishing'), { recursive: true })
  await vanishing.line(({ level }) => level >= WARN)
  for (const child of [impossible, vanishing]) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => child.ask('/fast')))
    assert.ok(answers.every(({ status }) => status === 200))
    assert.deepEqual(warnings(child), ['the flight recorder has stopped: a death will not be explained'])
  }
  assert.ok(!existsSync(join(folder, 'vanishing')))
})

test('an app that shares its folder with another one of its process is told to have its own', async (t) => {
  const [shared, own] = [temporaryFolder(t), temporaryFolder(t)]
  const listen = async (dir: string): Promise<{ app: FastifyInstance; warned: string[] }> => {
    const warned: string[] = []
    const write = (line: string): void => void warned.push(JSON.parse(line).msg)
    const app = Fastify({ logger: { level: 'warn', stream: { write } } })
    t.after(() => app.close())
    await app.register(isolate({ recorder: { dir } }))
    await app.listen({ port: 0, host: '127.0.0.1' })
    return { app, warned }
  }
  const first = await listen(shared)
  const second = await listen(shared)
  assert.deepEqual([first.warned, second.warned.length, (await listen(own)).warned], [[], 1, []])
  assert.match(
    `${second.warned[0]}`,
    /^another app of this process records in .*Give each app a folder of its own$/,
  )
  await Promise.all([first.app.close(), second.app.close()])
  assert.deepEqual((await listen(shared)).warned, [], 'one after the other is in order')
})

test('an exit is blamed on a request that is there, or came a moment ago, and not on one whose connection lives on', async (t) => {
  const { now } = Date
  for (const [later, culprit] of [
    [0, 'GET /open'],
    [60_000, undefined],
  ] as const) {
    const folder = temporaryFolder(t)
    const app = Fastify()
    t.after(() => app.close())
    await app.register(isolate({ recorder: { dir: folder } }))
    const recorder = isolatedAppOf(app)?.recorder as Recorder
    let exit = (): void => {}
    app.get('/open', async () => {
      // As the listener of a pool for the errors of its connections does, in the context in which one was opened.
      exit = AsyncResource.bind(() => recorder.exited({ code: 255, wasCalled: true, callers: [] }))
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    await (await fetch(`http://127.0.0.1:${port}/open`)).text()
    await until(() => isolatedAppOf(app)?.requests.size === 0)
    t.mock.method(Date, 'now', () => now() + later)
    exit()
    t.mock.restoreAll()
    assert.equal(readFlight(readFileSync(recorder.path as string))?.end.exit?.culprit, culprit)
  }
})
