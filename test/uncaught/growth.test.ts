import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'

test('a thousand apps leave no listener, no guard and no memory behind', async (t) => {
  const child = await startFixture(t, 'escapes-growth', {
    env: { CASE: 'apps' },
    nodeArgs: ['--expose-gc'],
    ready: false,
  })
  assert.deepEqual(await child.exited, [0, null], child.stderr())
  const [found] = child.log()
  assert.equal(found?.guard, false)
  assert.deepEqual(found.after.listeners, found.listening)
  // 10 kB an app: a Fastify instance kept alive would cost ten times as much
  const growth = found.after.heap - found.before.heap
  assert.ok(growth < 10_000_000, `${growth} bytes`)
})
