import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'

test('what a request holds in its grace, and what hostile errors leave behind, is bounded', async (t) => {
  const child = await startFixture(t, 'graces-growth', {
    env: { REQUESTS: '2000' },
    nodeArgs: ['--expose-gc'],
    ready: false,
  })
  assert.deepEqual(await child.exited, [0, null], child.stderr())
  const [found] = child.log()
  assert.equal(found?.escapes, 2_000 + 100 + 2 * 5_000)
  // bytes a request, all measured in the same process
  assert.ok(found.grace < 4 * found.bare, `${found.grace} in its grace, ${found.bare} in bare Fastify`)
  assert.ok(found.left < 1_000, `${found.left} left`)
  // each of the 5 000 escapes of one request has a message of 10 000 characters, and 100 of them are held
  assert.ok(found.ofOne < 10_000_000, `${found.ofOne} held by one request`)
  // each of 40 errors has texts of a million characters
  assert.ok(found.long < 4_000_000, `${found.long} left by long errors`)
})
