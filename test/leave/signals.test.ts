import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startLeaving } from '../support/leaving.ts'

const leave = { deadline: 10_000, signals: ['SIGTERM', 'SIGINT'] }

test('a named signal drains and exits with 0, and a second one changes nothing', async (t) => {
  const child = await startLeaving(t, { leave })
  const other = child.ask('/slow?ms=600')
  await child.line((line) => line.reqId === 'req-1')
  child.kill('SIGTERM')
  await child.line((line) => line.msg === 'leaving: SIGTERM')
  child.kill('SIGTERM')
  child.kill('SIGINT')
  await child.line((line) => line.msg?.startsWith('SIGINT: the process is leaving already'))
  assert.equal((await other).body, 'slow but whole')
  assert.deepEqual(await child.exited, [0, null])
  assert.equal(child.log().filter((line) => line.msg?.startsWith('leaving:')).length, 1)
})

test('a second SIGINT ends at once', async (t) => {
  const child = await startLeaving(t, { leave })
  const other = child.ask('/never')
  await child.line((line) => line.reqId === 'req-1')
  child.kill('SIGINT')
  await child.line((line) => line.msg === 'leaving: SIGINT')
  child.kill('SIGINT')
  assert.deepEqual(await child.exited, [130, null])
  assert.equal((await other).error, 'ECONNRESET')
  assert.ok(child.log().some((line) => line.msg?.startsWith('interrupted')))
})

test('a signal that nobody named does not cut the drain after a fatal fault short', async (t) => {
  const child = await startLeaving(t)
  const other = child.ask('/slow?ms=600')
  await child.line((line) => line.reqId === 'req-1')
  await child.ask('/fatal')
  child.kill('SIGTERM')
  await child.line((line) => line.msg?.startsWith('SIGTERM: the process is leaving already'))
  assert.equal((await other).body, 'slow but whole')
  assert.deepEqual(await child.exited, [70, null])
})

test('without leave.signals a signal does what it always does', async (t) => {
  const child = await startLeaving(t)
  child.kill('SIGTERM')
  assert.deepEqual(await child.exited, [null, 'SIGTERM'])
})
