import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'

const options = (name: string) => ({
  env: { CASE: name },
  nodeArgs: ['--expose-gc'],
  ready: false,
  lifetime: 110_000,
})

test('ten thousand escapes leave no memory and no listener behind', { timeout: 120_000 }, async (t) => {
  const child = await startFixture(t, 'escapes-growth', options('escapes'))
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

test('a thousand apps leave no listener, no guard and no memory behind', { timeout: 120_000 }, async (t) => {
  const child = await startFixture(t, 'escapes-growth', options('apps'))
  assert.deepEqual(await child.exited, [0, null], child.stderr())
  const [found] = child.log()
  assert.equal(found?.guard, false)
  assert.deepEqual(found.after.listeners, found.listening)
  // 10 kB an app: a Fastify instance kept alive would cost ten times as much
  const growth = found.after.heap - found.before.heap
  assert.ok(growth < 10_000_000, `${growth} bytes`)
})
