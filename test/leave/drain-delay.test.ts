import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startLeaving } from '../support/leaving.ts'

test('drainDelay: goes on serving while readiness says no; a fatal fault skips it', async (t) => {
  const leave = { drainDelay: 800, readiness: '/readyz' }
  const child = await startLeaving(t, { leave })
  assert.equal((await child.ask('/readyz')).status, 200)
  await child.ask('/leave')
  assert.deepEqual([(await child.ask('/readyz')).status, (await child.ask('/ok')).body], [503, 'ok'])
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
