import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import WebSocket from 'ws'
import { type Child, type LogLine, startFixture } from '../support/child.ts'
import { faults } from '../support/escapes.ts'
import { PROTOCOLS } from '../support/protocols.ts'
import { until } from '../support/until.ts'

const FORCED = {
  aborted: true,
  name: 'AbortError',
  code: 'FST_ISOLATE_FORCED',
  message: 'the request was answered or cut before its handler had answered',
}
const GONE = {
  aborted: true,
  name: 'AbortError',
  code: 'FST_ISOLATE_CLIENT_GONE',
  message: 'the client went away before it had its answer',
}
const NOT_ABORTED = { aborted: false }
const INFO = 30

const signalOf = async (child: Child, route: string): Promise<object> => {
  const { signal } = await child.line((line) => line.signal?.route === route)
  const { route: _route, ...rest } = signal
  return rest
}
const waitsIn = (child: Child, route: string): Promise<LogLine> => child.line(({ waits }) => waits === route)
const total = async (child: Child): Promise<number> => JSON.parse((await child.ask('/counts')).body).total
const troubles = (child: Child): unknown[] =>
  child.log().flatMap(({ level, err }) => (level > INFO ? [err?.message] : []))

/** The status that the client gets, what becomes of the signal, and how many faults there are. */
const CASES: Readonly<Record<string, readonly [status: number, signal: object, faults: number]>> = {
  '/forced': [500, FORCED, 1],
  '/forced-past-fastify': [500, FORCED, 1],
  '/cut': [0, FORCED, 1],
  '/stream-fails': [0, FORCED, 1],
  '/times-out': [503, FORCED, 1],
  '/times-out-started': [0, FORCED, 1],
  '/fetches': [500, FORCED, 1],
  '/listener-answers': [500, FORCED, 1],
  '/first-used-later': [500, FORCED, 1],
  '/fine': [200, NOT_ABORTED, 0],
  '/throws': [500, NOT_ABORTED, 1],
  '/first-used-after-a-good-answer': [200, NOT_ABORTED, 0],
}

for (const [protocol, connect] of Object.entries(PROTOCOLS)) {
  describe(`the signal of a request over ${protocol}`, () => {
    test('is aborted where the request was ended by force, which makes no other fault', async (t) => {
      const child = await startFixture(t, 'signal', { env: { PROTOCOL: protocol } })
      const client = connect(child, t)
      let expected = 0
      for (const [path, [status, signal, count]] of Object.entries(CASES)) {
        assert.equal(await client.ask(path), status, path)
        assert.deepEqual(await signalOf(child, path), signal, path)
        expected += count
        const { total } = JSON.parse(await client.body('/counts'))
        assert.equal(total, expected, path)
      }
      await until(() => faults(child).length === expected)
    })

    test('is aborted where the client left, which is one line at info', async (t) => {
      const child = await startFixture(t, 'signal', { env: { PROTOCOL: protocol } })
      const client = connect(child, t)
      for (const path of ['/waits', '/floats']) {
        await client.leave(path, () => waitsIn(child, path))
        assert.deepEqual(await signalOf(child, path), GONE, path)
      }
      const left = () => child.log().filter(({ msg }) => msg?.startsWith('the client went away'))
      await until(() => left().length === 2)
      assert.deepEqual(JSON.parse(await client.body('/counts')).total, 0)
      assert.deepEqual(troubles(child), [])
    })

    test('is aborted where the process leaves before the request has ended', async (t) => {
      const child = await startFixture(t, 'signal', { env: { PROTOCOL: protocol } })
      const waiting = connect(child, t).ask('/waits')
      await waitsIn(child, '/waits')
      await connect(child, t).ask('/leave')
      assert.equal(await waiting, 0)
      assert.deepEqual(await signalOf(child, '/waits'), FORCED)
      assert.deepEqual(await child.exited, [0, null])
      assert.equal(faults(child).length, 0)
    })
  })
}

test('a listener of the signal that throws is a fault of its request, which has its answer', async (t) => {
  const child = await startFixture(t, 'signal')
  const [answer, other] = await Promise.all([child.ask('/listener-throws'), child.ask('/fine')])
  assert.deepEqual([answer.status, other.status], [500, 200])
  const { fault, req } = await child.line(({ err }) => err?.message === 'the listener')
  assert.deepEqual([fault.origin, req.route], ['exception', '/listener-throws'])
  assert.equal(await total(child), 2)
})

test('the signal is one object for a request, and is made only on use', async (t) => {
  const child = await startFixture(t, 'signal')
  assert.deepEqual(JSON.parse((await child.ask('/fine')).body), { same: true })
})

test('the signal of a WebSocket is aborted when the socket has closed', async (t) => {
  const child = await startFixture(t, 'signal')
  const socket = new WebSocket(`ws://127.0.0.1:${child.port}/web-socket`)
  await once(socket, 'open')
  socket.close()
  assert.deepEqual(await signalOf(child, '/web-socket'), GONE)
})

test('a route that opted out has the signal of Fastify', async (t) => {
  const child = await startFixture(t, 'signal')
  await PROTOCOLS.http1(child, t).leave('/opted-out', () => waitsIn(child, '/opted-out'))
  const { aborted } = (await signalOf(child, '/opted-out')) as { aborted: boolean }
  assert.equal(aborted, true)
  assert.equal((await waitsIn(child, '/opted-out')).same, true)
})

test('without escapes the signal is aborted where the client left, or a handlerTimeout answered', async (t) => {
  const child = await startFixture(t, 'signal', { env: { ESCAPES: 'false' } })
  await PROTOCOLS.http1(child, t).leave('/waits', () => waitsIn(child, '/waits'))
  assert.deepEqual(await signalOf(child, '/waits'), GONE)
  assert.equal((await child.ask('/times-out')).status, 503)
  assert.deepEqual(await signalOf(child, '/times-out'), FORCED)
  assert.equal(await total(child), 1)
})
