import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { connectRaw } from '../support/client.ts'
import { startLeaving } from '../support/leaving.ts'
import { until } from '../support/until.ts'

/**
 * A fatal fault with twenty others in flight. Returns the milliseconds of its answer.
 *
 * @param faults How many ordinary faults came before, so that the machine need not compile all of it now.
 */
async function timeTheCauser(t: TestContext, faults: number): Promise<number> {
  const child = await startLeaving(t)
  for (let i = 0; i < faults; i++) await child.ask('/fail')
  const others = Array.from({ length: 20 }, () => child.ask('/slow'))
  const last = `req-${(faults + 20).toString(36)}`
  await child.line((line) => line.msg === 'incoming request' && line.reqId === last)
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
    phase: 'serving',
    exitCode: 70,
    deadline: 5000,
    inFlight: 21,
  })
  assert.equal(log.at(-1)?.msg, 'left: exit code 70')
  assert.equal(log.at(-1)?.leave.reason, 'fatal')
  return causer.ms
}

test('a fatal fault: the causer gets its 500 at once, all in flight finish, the exit code says why', async (t) => {
  // The best of several: what the machine's other work adds is not the way out's.
  const times: number[] = []
  while (times.length < 15 && !times.some((ms) => ms < 100))
    times.push(await timeTheCauser(t, times.length * 3))
  assert.ok(Math.min(...times) < 100, `${times.join(', ')} ms`)
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

test('new connections are refused as soon as the drain starts', async (t) => {
  const child = await startLeaving(t)
  const other = child.ask('/slow')
  await child.line((line) => line.reqId === 'req-1')
  await child.ask('/fatal')
  assert.equal((await child.ask('/ok')).error, 'ECONNREFUSED')
  assert.equal((await other).status, 200)
})

test('leave() exits with 0, says what it was told, and answers the route that called it', async (t) => {
  const child = await startLeaving(t)
  assert.equal((await child.ask('/leave')).body, 'leaving')
  assert.deepEqual(await child.exited, [0, null])
  assert.ok(child.log().some((line) => line.msg === 'leaving: asked by a route' && line.level === 30))
})

test('a recycle that is due leaves with 75, and the exit codes can be changed', async (t) => {
  const recycled = await startLeaving(t, {
    leave: { recycleAfter: 1, drainDelay: 500, readiness: '/readyz' },
  })
  assert.equal((await recycled.ask('/recycle')).status, 500)
  assert.equal((await recycled.ask('/readyz')).status, 503)
  assert.deepEqual(await recycled.exited, [75, null])

  const exitCodes = { fatal: 99, recycle: 0 }
  const fatal = await startLeaving(t, { leave: { exitCodes } })
  await fatal.ask('/fatal')
  assert.deepEqual(await fatal.exited, [99, null])
  const zero = await startLeaving(t, { leave: { exitCodes, recycleAfter: 1 } })
  await zero.ask('/recycle')
  assert.deepEqual(await zero.exited, [0, null])
})

test('a recycle verdict waits for its uptime, and a second one changes nothing', async (t) => {
  const child = await startLeaving(t, { leave: { recycleAfter: 5_000 } })
  await child.ask('/recycle')
  await child.ask('/recycle')
  assert.equal((await child.ask('/ok')).status, 200)
  assert.deepEqual(await child.exited, [75, null])
  const started = child.log().filter((line) => line.msg === 'leaving: the process is recycled')
  assert.equal(started.length, 1)
})

test('with recycleAfter: Infinity no verdict makes the process leave', async (t) => {
  const child = await startLeaving(t, { leave: { recycleAfter: 'Infinity' } })
  assert.equal((await child.ask('/recycle')).status, 500)
  assert.equal((await child.ask('/recycle')).status, 500)
  assert.equal((await child.ask('/leave')).status, 200)
  assert.deepEqual(await child.exited, [0, null])
  const leaving = child.log().filter((line) => line.msg?.startsWith('leaving:'))
  assert.deepEqual(
    leaving.map(({ msg }) => msg),
    ['leaving: asked by a route'],
  )
})

test('two fatal faults in the same tick: both are logged, one way out', async (t) => {
  const child = await startLeaving(t)
  assert.equal((await child.ask('/twice')).body, 'answered')
  assert.deepEqual(await child.exited, [70, null])
  assert.equal(child.log().filter((line) => line.level === 60).length, 2)
  assert.equal(child.log().filter((line) => line.msg?.startsWith('leaving:')).length, 1)
})

test('drainDelay: goes on serving while readiness says no; a fatal fault skips it', async (t) => {
  const leave = { drainDelay: 800, readiness: '/readyz' }
  const child = await startLeaving(t, { leave })
  assert.equal((await child.ask('/readyz')).status, 200)
  await child.ask('/leave')
  assert.deepEqual(await child.exited, [0, null])
  const signalled = await startLeaving(t, { leave: { ...leave, signals: ['SIGTERM'] } })
  signalled.kill('SIGTERM')
  await signalled.line((line) => line.msg === 'leaving: SIGTERM')
  const probe = await signalled.ask('/readyz')
  assert.deepEqual(
    [probe.status, probe.headers['retry-after'], probe.body],
    [503, '1', '{"state":"leaving"}'],
  )
  assert.equal((await signalled.ask('/ok')).body, 'ok')
  assert.deepEqual(await signalled.exited, [0, null])

  const fatal = await startLeaving(t, { leave: { ...leave, drainDelay: 60_000 } })
  await fatal.ask('/fatal')
  assert.deepEqual(await fatal.exited, [70, null])

  const told = await startLeaving(t, { leave: { ...leave, drainFatal: true } })
  await told.ask('/fatal')
  assert.equal((await told.ask('/readyz')).status, 503)
  assert.deepEqual(await told.exited, [70, null])
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
