import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { connectRaw } from '../support/client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startLeaving } from '../support/leaving.ts'
import { until } from '../support/until.ts'

const leave = { deadline: 700 }

test('a handler that never settles is cut at the deadline and named', async (t) => {
  const child = await startLeaving(t, { leave })
  const never = child.ask('/never?token=hunter2')
  await child.line((line) => line.reqId === 'req-1')
  await child.ask('/fatal')
  assert.equal((await never).error, 'ECONNRESET')
  assert.deepEqual(await child.exited, [70, null])
  const cut = child.log().find((line) => line.msg === '1 request was cut at the deadline')
  assert.ok(cut)
  assert.equal(cut.level, 40)
  const [request] = cut.leave.cut
  assert.deepEqual([request.method, request.route], ['GET', '/never'])
  assert.ok(request.age >= 690, `${request.age}`)
  assert.doesNotMatch(JSON.stringify(cut), /hunter2/)
  assert.equal(child.log().at(-1)?.msg, 'left: exit code 70')
})

test('an event stream and an upgraded route are cut at the deadline', async (t) => {
  const child = await startLeaving(t, { leave })
  const events = await connectRaw(child.port, 'GET /events HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => events.received().includes('data: hello'))
  await child.ask('/fatal')
  await events.closed
  assert.deepEqual(await child.exited, [70, null])
  assert.ok(child.log().some((line) => line.leave?.cut?.[0]?.route === '/events'))
})

for (const [what, setup] of Object.entries({
  'an onLeave that never ends': { leave, onLeave: 'hang' },
  'an onClose hook that never ends': { leave, onClose: 'hang' },
  'an onClose hook that throws': { leave, onClose: 'throw' },
  'an onClose hook that rejects': { leave, onClose: 'reject' },
})) {
  test(`${what} does not keep the process`, async (t) => {
    const child = await startLeaving(t, setup)
    assert.equal((await child.ask('/fatal')).status, 500)
    // A code and no signal: the watchdog was not needed.
    assert.deepEqual(await child.exited, [70, null])
    assert.equal(child.log().at(-1)?.msg, 'left: exit code 70')
  })
}

test('a blocked event loop is killed two seconds past the deadline, and the report is there', async (t) => {
  const reportDir = temporaryFolder(t)
  const child = await startLeaving(t, { leave: { ...leave, reportDir } })
  const start = performance.now()
  await child.ask('/fatal-then-block')
  assert.deepEqual(await child.exited, [null, 'SIGKILL'])
  const took = performance.now() - start
  // A forgotten fixture is killed after 30 s.
  assert.ok(took >= 2_600 && took < 25_000, `${took} ms`)
  assert.equal(readdirSync(reportDir).length, 1)
})

test('the watchdog leaves the drain delay its time', async (t) => {
  // Longer than the deadline and the watchdog's margin together.
  const child = await startLeaving(t, { leave: { deadline: 100, drainDelay: 2_500, signals: ['SIGTERM'] } })
  child.kill('SIGTERM')
  assert.deepEqual(await child.exited, [0, null])
  assert.equal(child.log().at(-1)?.msg, 'left: exit code 0')
})

test('a deadline of 0 cuts at once', async (t) => {
  const child = await startLeaving(t, { leave: { deadline: 0 } })
  const never = child.ask('/never')
  await child.line((line) => line.reqId === 'req-1')
  assert.equal((await child.ask('/fatal')).status, 500)
  assert.equal((await never).error, 'ECONNRESET')
  assert.deepEqual(await child.exited, [70, null])
})

test('a client that reads nothing does not hold the process past the deadline', async (t) => {
  const child = await startLeaving(t, { leave })
  const slow = await connectRaw(child.port, 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n')
  slow.socket.pause()
  await child.line((line) => line.reqId === 'req-1')
  await child.ask('/fatal')
  assert.deepEqual(await child.exited, [70, null])
  assert.ok(child.log().some((line) => line.leave?.cut?.[0]?.route === '/big'))
})

test('a client that reads one byte a second does not lengthen the drain', async (t) => {
  const child = await startLeaving(t, { leave: { deadline: 2_500 } })
  const slow = await connectRaw(child.port, 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n')
  slow.socket.pause()
  await child.line((line) => line.reqId === 'req-1')
  const reading = setInterval(() => slow.socket.read(1), 1_000)
  t.after(() => clearInterval(reading))
  await child.ask('/fatal')
  assert.deepEqual(await child.exited, [70, null])
  assert.ok(slow.received().length >= 1 && slow.received().length < 50_000_000)
  assert.ok(child.log().some((line) => line.leave?.cut?.[0]?.route === '/big'))
})

test('half a request head does not hold the process, half a body does until the deadline', async (t) => {
  const head = await startLeaving(t, { leave: { deadline: 20_000 } })
  const half = await connectRaw(head.port, 'GET /ok HTTP/1.1\r\nHo')
  await head.ask('/fatal')
  assert.deepEqual(await head.exited, [70, null])
  await half.closed

  const body = await startLeaving(t, { leave })
  await connectRaw(
    body.port,
    'POST /body HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"a"',
  )
  await body.line((line) => line.reqId === 'req-1')
  await body.ask('/fatal')
  assert.deepEqual(await body.exited, [70, null])
  assert.ok(body.log().some((line) => line.leave?.cut?.[0]?.route === '/body'))
})
