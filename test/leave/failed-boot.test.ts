import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'

for (const FAILS of [
  'a plugin that throws',
  'a plugin whose callback throws',
  'an onReady hook whose callback throws',
  'a plugin that rejects',
]) {
  test(`${FAILS} while it boots: nothing is waited for, and one fatal line says why`, async (t) => {
    // Fastify itself gives up on a plugin after 10 s, the deadline is a minute.
    const child = await startFixture(t, 'failing-boot', { ready: false, env: { FAILS }, lifetime: 9_000 })
    assert.deepEqual(await child.exited, [70, null])
    const log = child.log()
    assert.deepEqual(
      log.map(({ level, msg }) => [level, msg.replace(/: .*/, '')]),
      [
        [60, 'error outside of any request'],
        [40, 'leaving'],
        [40, 'left'],
      ],
    )
    assert.equal(log[1]?.leave.phase, 'boot')
  })
}

test('an app whose boot failed is gone: no memory, no listener, and it does not leave once more', async (t) => {
  const child = await startFixture(t, 'failing-boots', { ready: false, nodeArgs: ['--expose-gc'] })
  assert.deepEqual(await child.exited, [0, null])
  const { before, after, inMemory, left } = await child.line(({ msg }) => msg === 'exit')
  assert.deepEqual(after, before)
  // The last one may still be held by what runs.
  assert.ok(inMemory <= 1, `${inMemory} of 20 apps`)
  assert.equal(left, 1)
  assert.equal(child.log().filter(({ msg }) => msg === 'left: exit code 0').length, 1)
})
