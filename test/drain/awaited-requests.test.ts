import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectRaw } from '../support/client.ts'
import { startLeaving } from '../support/leaving.ts'
import { PATIENT_DRAIN } from '../support/patient-drain.ts'
import { WAIT_TIMEOUT } from '../support/timeouts.ts'

const REQUEST = 'GET /slow?ms=50 HTTP/1.1\r\nHost: a\r\n\r\n'

test('connections accepted before the fault get their first request answered, and then close', async (t) => {
  const child = await startLeaving(t, { leave: { deadline: 60_000 } }, { nodeArgs: PATIENT_DRAIN })
  const silent = await connectRaw(child.port, '')
  const begun = await connectRaw(child.port, REQUEST.slice(0, 10))
  // Accepting goes by the order of connecting.
  await child.ask('/ok')
  assert.equal((await child.ask('/fatal')).status, 500)
  silent.socket.write(REQUEST)
  begun.socket.write(REQUEST.slice(10) + REQUEST)
  await Promise.all([silent.closed, begun.closed])
  assert.deepEqual(await child.exited, [70, null])
  for (const answer of [silent.received(), begun.received()]) {
    assert.match(answer, /^HTTP\/1.1 200 OK\r\n/)
    assert.match(answer, /\r\nconnection: close\r\n/i)
    assert.match(answer, /slow but whole$/)
  }
})

test('a second request of such a connection is not begun, for its answer could not be sent', async (t) => {
  const child = await startLeaving(t, {}, { nodeArgs: PATIENT_DRAIN })
  const silent = await connectRaw(child.port, '')
  await child.ask('/ok')
  const slow = child.ask('/slow')
  await child.line((line) => line.req?.url === '/slow')
  await child.ask('/fatal')
  silent.socket.write(`${REQUEST}${REQUEST.replace('/slow', '/fail')}`)
  await silent.closed
  await slow
  assert.deepEqual(await child.exited, [70, null])
  assert.ok(!child.log().some((line) => line.req?.url?.startsWith('/fail')))
})

test('a connection that brings nothing does not hold the process', async (t) => {
  const child = await startLeaving(t, { leave: { deadline: 3 * WAIT_TIMEOUT } })
  const silent = await connectRaw(child.port, '')
  await child.ask('/ok')
  await child.ask('/fatal')
  assert.deepEqual(await Promise.race([child.exited, sleep(WAIT_TIMEOUT, 'still there', { ref: false })]), [
    70,
    null,
  ])
  await silent.closed
})

test('a request that comes long after the stop is refused', async (t) => {
  const child = await startLeaving(t)
  const silent = await connectRaw(child.port, '')
  await child.ask('/ok')
  const slow = child.ask('/slow?ms=2500')
  await child.line((line) => line.req?.url === '/slow?ms=2500')
  await child.ask('/fatal')
  await sleep(1_000)
  if (!silent.socket.destroyed) silent.socket.write(REQUEST)
  await silent.closed
  assert.doesNotMatch(silent.received(), /200 OK/)
  assert.equal((await slow).status, 200)
})

test('pipelined requests whose handlers run at the stop are all answered, and the last one closes', async (t) => {
  const child = await startLeaving(t, {}, { nodeArgs: PATIENT_DRAIN })
  const pipelined = await connectRaw(child.port, REQUEST.repeat(5))
  await child.lines(5, (line) => line.req?.url === '/slow?ms=50')
  await child.ask('/fatal')
  await pipelined.closed
  assert.deepEqual(await child.exited, [70, null])
  assert.equal(pipelined.received().match(/HTTP\/1.1 200 OK/g)?.length, 5)
  assert.equal(pipelined.received().match(/slow but whole/g)?.length, 5)
  assert.equal(pipelined.received().match(/\r\nconnection: close\r\n/gi)?.length, 1)
})
