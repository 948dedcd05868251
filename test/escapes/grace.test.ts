import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SLOW_BYTES } from '../fixtures/escape-catalogue.ts'
import type { LogLine } from '../support/child.ts'
import { connectRaw } from '../support/client.ts'
import { awaitFaults, faults, startCase } from '../support/escapes.ts'
import { until } from '../support/until.ts'

test('what escapes because the client went away is no fault', async (t) => {
  const child = await startCase(t, 'client-gone', { LEVEL: 'info' })
  const client = await connectRaw(child.port, 'GET /bomb HTTP/1.1\r\nhost: a\r\n\r\n')
  await until(async () => JSON.parse((await child.ask('/waiting')).body).waiting === 1)
  client.socket.destroy()
  const line = await child.line((line) => line.msg?.includes('client went away'))
  assert.equal(line.level, 30)
  assert.equal((await child.ask('/waiting')).status, 200)
  assert.equal(faults(child).length, 0)
})

test('the grace is the route\u2019s own', async (t) => {
  const child = await startCase(t, 'grace')
  const [long, none] = await Promise.all([child.ask('/bomb'), child.ask('/none')])
  assert.deepEqual([long.status, none.status], [500, 500])
  assert.ok(long.ms >= 680, `${long.ms} ms`)
  assert.ok(none.ms < long.ms, `${none.ms} ms`)
})

test('a rejection that is handled late takes back its own 500 only', async (t) => {
  const child = await startCase(t, 'late')
  const statuses = async (path: string) => (await child.ask(path)).status
  assert.equal(await statuses('/two'), 500)
  assert.equal(await statuses('/one-of-two'), 500)
  assert.equal(await statuses('/too-late'), 500)
  assert.equal(await statuses('/answers-later'), 200)
  assert.equal(await statuses('/gone'), 200)
  const levels = async (route: string, count: number) =>
    (await child.lines(count, (line) => line.req?.route === route)).map(({ level }) => level)
  assert.deepEqual(await levels('/gone', 2), [50, 40])
  assert.deepEqual(await levels('/two', 3), [50, 40, 50])
  assert.deepEqual((await levels('/one-of-two', 3)).sort(), [40, 50, 50])
  // its 500 was sent before
  assert.deepEqual(await levels('/too-late', 1), [50])
  assert.deepEqual(await levels('/answers-later', 2), [50, 40])
})

test('an error that is a fault already escapes: one fault, and the request is answered', async (t) => {
  const child = await startCase(t, 'known')
  for (const path of ['/reported', '/handled-late']) {
    assert.equal((await child.ask(path)).status, 500, path)
    const isIts = (line: LogLine): boolean => line.fault !== undefined && line.req?.route === path
    assert.equal((await child.lines(1, isIts)).length, 1, path)
  }
})

test('an answer that is on its way to a slow client is never cut', async (t) => {
  const child = await startCase(t, 'slow-client')
  const socket = net.connect(child.port, '127.0.0.1')
  socket.write('GET /bomb HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  await awaitFaults(child, 1)
  await sleep(400) // four times the grace, in which the client reads nothing
  let bytes = 0
  for await (const chunk of socket) bytes += chunk.length
  assert.ok(bytes > SLOW_BYTES, `${bytes} of ${SLOW_BYTES} bytes`)
})
