import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectRaw } from '../support/client.ts'
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

test('a deadline of 0 cuts at once', async (t) => {
  const child = await startLeaving(t, { leave: { deadline: 0 } })
  const never = child.ask('/never')
  await child.line((line) => line.reqId === 'req-1')
  assert.equal((await child.ask('/fatal')).status, 500)
  assert.equal((await never).error, 'ECONNRESET')
  assert.deepEqual(await child.exited, [70, null])
})
