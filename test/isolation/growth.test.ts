import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'

test('thousands of failing requests leave no memory behind', async (t) => {
  const requests = 20_000
  const child = await startFixture(t, 'faults-growth', {
    env: { REQUESTS: String(requests) },
    nodeArgs: ['--expose-gc'],
    ready: false,
  })
  assert.deepEqual(await child.exited, [0, null], child.stderr())
  const [found] = child.log()
  assert.equal(found?.answers, requests + 4000)
  assert.equal(found.total, found.answers)
  assert.equal(found.inFlight, 0)
  // 200 bytes a request: one that is kept alive would cost thousands
  assert.ok(found.growth < requests * 200, `${found.growth} bytes`)
})
