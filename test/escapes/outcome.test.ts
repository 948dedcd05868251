import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import WebSocket from 'ws'
import { type Child, type LogLine, startFixture } from '../support/child.ts'
import { faults } from '../support/escapes.ts'
import { PROTOCOLS } from '../support/protocols.ts'
import { until } from '../support/until.ts'

const OUTCOMES = {
  '/answers': [200, 'by itself'],
  '/throws': [500, 'by itself'],
  '/times-out': [503, 'by itself'],
  '/hangs': [500, 'forced'],
  '/escapes-twice': [500, 'forced'],
  '/hook-hangs': [500, 'forced'],
  '/started': [0, 'cut'],
  '/stream-fails': [0, 'cut'],
} as const
const FORCED = Object.values(OUTCOMES).filter(([, outcome]) => outcome !== 'by itself').length

const told = (child: Child): LogLine[] => child.log().filter(({ outcome }) => outcome !== undefined)
const toldOf = (child: Child, route: string): Promise<LogLine> =>
  child.line((line) => line.outcome !== undefined && line.route === route)
const escapedFrom = (child: Child, route: string): Promise<LogLine> =>
  child.line(({ fault, req }) => fault?.attributedTo === 'context' && req.route === route)

for (const [protocol, connect] of Object.entries(PROTOCOLS)) {
  describe(`what became of a request over ${protocol}`, () => {
    test('is told once, when its response is over, and forced answers and cuts are counted', async (t) => {
      const child = await startFixture(t, 'outcomes', { env: { PROTOCOL: protocol } })
      const client = connect(child, t)
      for (const [path, [status, outcome]] of Object.entries(OUTCOMES)) {
        assert.equal(await client.ask(path), status, path)
        const message = await toldOf(child, path)
        const { fault } = await escapedFrom(child, path)
        assert.deepEqual([message.outcome, message.faultId, message.rest], [outcome, fault.id, {}], path)
      }
      await client.leave('/waits', () => escapedFrom(child, '/waits'))
      assert.equal((await toldOf(child, '/waits')).outcome, 'gone')

      // what was caught in the call has its usual answer, and nothing is told
      assert.equal(await client.ask('/caught'), 500)
      const { forced, inFlight } = JSON.parse(await client.body('/counts'))
      assert.deepEqual([forced, inFlight], [FORCED, 0])
      assert.deepEqual(
        told(child).map(({ route }) => route),
        [...Object.keys(OUTCOMES), '/waits'],
      )
    })

    test('is told at once where it had ended before, and once however much escapes', async (t) => {
      const child = await startFixture(t, 'outcomes', { env: { PROTOCOL: protocol } })
      const client = connect(child, t)
      assert.equal(await client.ask('/late'), 200)
      await until(() => faults(child).length === 2)
      assert.equal(await client.ask('/hangs'), 500)
      await toldOf(child, '/hangs')
      assert.deepEqual(
        told(child).map(({ route, outcome }) => [route, outcome]),
        [
          ['/late', 'by itself'],
          ['/hangs', 'forced'],
        ],
      )
      assert.equal(told(child)[0]?.faultId, faults(child)[0]?.fault.id)
    })

    test('is a cut where the process leaves before the request has ended', async (t) => {
      const child = await startFixture(t, 'outcomes', { env: { PROTOCOL: protocol } })
      const client = connect(child, t)
      const waiting = client.ask('/never-done')
      await escapedFrom(child, '/never-done')
      assert.equal(await connect(child, t).ask('/leave'), 200)
      assert.equal(await waiting, 0)
      assert.equal((await toldOf(child, '/never-done')).outcome, 'cut')
      assert.deepEqual(await child.exited, [0, null])
    })
  })
}

test('a WebSocket that is closed for its error was cut', async (t) => {
  const child = await startFixture(t, 'outcomes')
  const socket = new WebSocket(`ws://127.0.0.1:${child.port}/web-socket`)
  const [code] = await once(socket, 'close')
  assert.equal(code, 1011)
  assert.equal((await toldOf(child, '/web-socket')).outcome, 'cut')
  assert.equal(JSON.parse((await child.ask('/counts')).body).forced, 1)
})

test('without a subscriber the forced answers are counted all the same', async (t) => {
  const child = await startFixture(t, 'outcomes', { env: { LISTENS: 'false' } })
  assert.equal((await child.ask('/hangs')).status, 500)
  await until(async () => JSON.parse((await child.ask('/counts')).body).forced === 1)
  assert.deepEqual(told(child), [])
})

test('a request that a subscriber injects has its own escapes, and tells of none', async (t) => {
  const child = await startFixture(t, 'outcomes', { env: { LISTENS: 'injects' } })
  assert.equal((await child.ask('/hangs')).status, 500)
  const { injected } = await child.line((line) => line.injected !== undefined)
  assert.equal(injected, 500)
  const { forced, total } = JSON.parse((await child.ask('/counts')).body)
  assert.deepEqual([forced, total], [2, 2])
})
