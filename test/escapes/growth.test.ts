import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'

test('ten thousand escapes leave no memory and no listener behind', async (t) => {
  const child = await startFixture(t, 'escapes-growth', {
    env: { CASE: 'escapes' },
    nodeArgs: ['--expose-gc'],
    ready: false,
  })
  assert.deepEqual(await child.exited, [0, null], child.stderr())
  const [found] = child.log()
  assert.equal(found?.lines, 10_000)
  assert.equal(found.total, 12_000)
  assert.equal(found.inFlight, 0)
  assert.deepEqual(found.after.listeners, found.before.listeners)
  // 400 bytes an escape: a fault, an error or a request kept alive would cost more than a thousand each
  const growth = found.after.heap - found.before.heap
  assert.ok(growth < 4_000_000, `${growth} bytes`)
})
