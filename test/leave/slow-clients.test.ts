import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectRaw } from '../support/client.ts'
import { startLeaving } from '../support/leaving.ts'

const leave = { deadline: 700 }

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
