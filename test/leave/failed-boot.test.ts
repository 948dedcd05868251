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
