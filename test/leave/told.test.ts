import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startLeaving } from '../support/leaving.ts'

test('onLeave runs beside the drain and gets its time; its failure stops nothing', async (t) => {
  const slow = await startLeaving(t, { onLeave: 'slow' })
  await slow.ask('/fatal')
  assert.deepEqual(await slow.exited, [70, null])
  assert.ok(slow.log().some((line) => line.msg === 'onLeave ran'))

  for (const [onLeave, message] of [
    ['throw', 'onLeave failed'],
    ['reject', 'onLeave was rejected'],
  ] as const) {
    const failing = await startLeaving(t, { onLeave })
    const other = failing.ask('/slow')
    await failing.line((line) => line.reqId === 'req-1')
    await failing.ask('/fatal')
    assert.equal((await other).status, 200)
    assert.deepEqual(await failing.exited, [70, null])
    assert.ok(
      failing.log().some((line) => line.err?.message === message && line.msg?.includes('leave.onLeave')),
    )
  }
})

test('process.exit in onLeave neither cuts the drain short nor hides the exit code', async (t) => {
  const child = await startLeaving(t, { onLeave: 'exit' })
  const other = child.ask('/slow?ms=600')
  await child.line((line) => line.reqId === 'req-1')
  await child.ask('/fatal')
  assert.equal((await other).body, 'slow but whole')
  assert.deepEqual(await child.exited, [70, null])
  assert.equal(child.log().at(-1)?.msg, 'left: exit code 70')
})

test('the channel tells everybody, whatever its listeners do', async (t) => {
  const child = await startLeaving(t, { subscribe: true })
  const other = child.ask('/slow')
  await child.line((line) => line.reqId === 'req-1')
  await child.ask('/fatal')
  assert.equal((await other).status, 200)
  assert.deepEqual(await child.exited, [70, null])
  const log = child.log()
  const told = log.findIndex((line) => line.msg === 'told by the channel')
  assert.equal(log[told]?.message.report.reason, 'fatal')
  assert.ok(told !== -1 && told < log.findIndex((line) => line.msg === 'leaving: a fault was fatal'))
  for (const failure of ['a listener threw', 'onLeave was rejected']) {
    const lines = log.filter((line) => line.err?.message === failure)
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['a listener of the channel failed'],
    )
  }
})
