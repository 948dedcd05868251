import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectRaw } from '../support/client.ts'
import { startLeaving } from '../support/leaving.ts'
import { until } from '../support/until.ts'

test('a fatal fault: the causer gets its 500 at once, all in flight finish, the exit code says why', async (t) => {
  const child = await startLeaving(t)
  const others = Array.from({ length: 20 }, () => child.ask('/slow'))
  await child.line((line) => line.msg === 'incoming request' && line.reqId === `req-${(20).toString(36)}`)
  const causer = await child.ask('/fatal?token=hunter2')
  assert.equal(causer.status, 500)
  assert.doesNotMatch(causer.body, /secret/)
  for (const other of await Promise.all(others)) {
    assert.deepEqual([other.status, other.body, other.headers.connection], [200, 'slow but whole', 'close'])
  }
  assert.deepEqual(await child.exited, [70, null])
  const log = child.log()
  const fatal = log.findIndex((line) => line.level === 60)
  const leaving = log.findIndex((line) => line.msg === 'leaving: a fault was fatal')
  assert.ok(fatal !== -1 && fatal < leaving)
  assert.deepEqual(log[leaving]?.leave, {
    reason: 'fatal',
    fault: log[fatal]?.fault.id,
    phase: 'serving',
    exitCode: 70,
    deadline: 5000,
    inFlight: 21,
  })
  assert.equal(log.at(-1)?.msg, 'left: exit code 70')
  assert.equal(log.at(-1)?.leave.reason, 'fatal')
  // the others wait for the way out, and 300 ms more
  const completed = log.filter((line) => line.msg === 'request completed').map((line) => line.reqId)
  assert.equal(completed.length, 21)
  assert.equal(completed[0], `req-${(21).toString(36)}`, 'the causer is answered before all others')
})

test('a route that opted out and a response that has started are served out too', async (t) => {
  const child = await startLeaving(t)
  const others = [child.ask('/plain'), child.ask('/streamed')]
  await child.line((line) => line.reqId === 'req-2')
  await child.ask('/fatal')
  assert.deepEqual(
    (await Promise.all(others)).map(({ status, body, error }) => [status, body, error]),
    [
      [200, 'slow but whole', undefined],
      [200, 'first last', undefined],
    ],
  )
  assert.deepEqual(await child.exited, [70, null])
})

test('idle keep-alive connections close at once, and a busy one gets 503 with Retry-After', async (t) => {
  const child = await startLeaving(t)
  const idle = await connectRaw(child.port, 'GET /ok HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => idle.received().endsWith('ok'))
  const idleClosed = idle.closed.then(() => performance.now())
  const busy = await connectRaw(child.port, 'GET /streamed HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => busy.received().includes('first'))
  await child.ask('/fatal')
  // Pipelined behind the response that has already started without `Connection: close`.
  busy.socket.write('GET /ok HTTP/1.1\r\nHost: a\r\n\r\n')
  await busy.closed
  const busyClosed = performance.now()
  assert.match(busy.received(), /last\r\n0\r\n\r\nHTTP\/1.1 503 Service Unavailable\r\n/)
  assert.match(busy.received(), /\r\nretry-after: 1\r\n/i)
  assert.match(busy.received(), /\r\nconnection: close\r\n/i)
  assert.ok((await idleClosed) < busyClosed)
  assert.deepEqual(await child.exited, [70, null])
})

test('new connections are refused once those that waited are accepted, while the drain goes on', async (t) => {
  const child = await startLeaving(t)
  let isOver = false
  const other = child.ask('/slow?ms=2500').finally(() => {
    isOver = true
  })
  await child.line((line) => line.reqId === 'req-1')
  await child.ask('/fatal')
  await until(async () => (await child.ask('/ok')).error === 'ECONNREFUSED')
  assert.equal(isOver, false)
  assert.equal((await other).status, 200)
})

test('leave() exits with 0, says what it was told, and answers the route that called it', async (t) => {
  const child = await startLeaving(t)
  assert.equal((await child.ask('/leave')).body, 'leaving')
  assert.deepEqual(await child.exited, [0, null])
  assert.ok(child.log().some((line) => line.msg === 'leaving: asked by a route' && line.level === 30))
})

test('two fatal faults in the same tick: both are logged, one way out', async (t) => {
  const child = await startLeaving(t)
  assert.equal((await child.ask('/twice')).body, 'answered')
  assert.deepEqual(await child.exited, [70, null])
  assert.equal(child.log().filter((line) => line.level === 60).length, 2)
  assert.equal(child.log().filter((line) => line.msg?.startsWith('leaving:')).length, 1)
})

test('a fatal error that the app caught and reported: answered by the app, and the process leaves', async (t) => {
  const child = await startLeaving(t)
  const slow = child.ask('/slow?ms=500')
  await child.line((line) => line.reqId === 'req-1')
  assert.equal((await child.ask('/caught')).body, 'answered by the framework')
  assert.equal((await slow).body, 'slow but whole')
  assert.deepEqual(await child.exited, [70, null])
  const fatal = child.log().filter((line) => line.level === 60)
  assert.deepEqual(
    fatal.map((line) => [line.reqId, line.err.message]),
    [['req-2', 'wrapped']],
  )
})

test('a large body that is still being sent arrives whole', async (t) => {
  const child = await startLeaving(t)
  const slow = await connectRaw(child.port, 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n')
  slow.socket.pause()
  await child.line((line) => line.reqId === 'req-1')
  await child.ask('/fatal')
  slow.socket.resume()
  await slow.closed
  const received = slow.received()
  assert.equal(received.length - received.indexOf('\r\n\r\n') - 4, 50_000_000)
  assert.deepEqual(await child.exited, [70, null])
})

test('a handler that runs already answers with Connection: close', async (t) => {
  const child = await startLeaving(t)
  const kept = await connectRaw(child.port, 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n')
  await child.line((line) => line.reqId === 'req-1')
  await child.ask('/fatal')
  await kept.closed
  assert.match(kept.received(), /^HTTP\/1.1 200 OK\r\n[\s\S]*\r\nconnection: close\r\n[\s\S]*whole$/i)
  assert.deepEqual(await child.exited, [70, null])
})
