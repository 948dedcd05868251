import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startLeaving } from '../support/leaving.ts'

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
  const child = await startLeaving(t, { recycleIn: 8_000 })
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
