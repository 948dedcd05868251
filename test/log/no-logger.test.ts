import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonLines, startFixture } from '../support/child.ts'
import { until } from '../support/until.ts'

test('without a logger and without a listener the faults go to stderr, by the rate limit', async (t) => {
  const child = await startFixture(t, 'no-logger')
  assert.equal((await child.ask('/floats')).body, 'fine')
  for (let i = 0; i < 5; i += 1) assert.equal((await child.ask('/throws')).status, 500)
  await child.ask('/close')
  const lines = () => jsonLines(child.stderr())
  await until(() => lines().some((line) => line.fault?.heldBack === 3))
  const faults = lines().filter((line) => line.fault?.id !== undefined)
  assert.deepEqual(
    faults.map((line) => line.err.message),
    ['a promise that floats', 'a bug in a route', 'a bug in a route'],
  )
  assert.match(faults[0]?.err.stack, /no-logger/)
  assert.equal(faults[1]?.req.route, '/throws')
  assert.equal(child.stdout().trim().split('\n').length, 1)
})

test('ready() says once that they will', async (t) => {
  const child = await startFixture(t, 'no-logger')
  await until(() => child.stderr().includes('FST_ISOLATE_NO_LOGGER'))
  assert.match(child.stderr(), /FastifyIsolateWarning: This app has no logger, .*written to stderr/)
})

for (const HEARD of ['onFault', 'channel']) {
  test(`where ${HEARD} is told of faults, stderr is not`, async (t) => {
    const child = await startFixture(t, 'no-logger', { env: { HEARD } })
    assert.equal((await child.ask('/throws')).status, 500)
    assert.equal((await child.ask('/total')).body, '1')
    assert.equal(child.stderr(), '')
  })
}
