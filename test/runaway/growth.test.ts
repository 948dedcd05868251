import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'
import { TEST_TIMEOUT } from '../support/timeouts.ts'

/** $RUNAWAYS=1000 takes some minutes. */
const RUNAWAYS = Number(process.env.RUNAWAYS ?? 20)
const IS_LONG: boolean = RUNAWAYS >= 500
/** As many come first, so that everything that is made once is there: what is compiled late takes a hundred. */
const FIRST: number = IS_LONG ? 100 : 10
/** Bytes that the heap may grow in the long run. A request that is kept takes some thousand. */
const MAX_GROWTH = 500_000
/** Milliseconds; one takes a quarter of a second. */
const LIFETIME: number = TEST_TIMEOUT + RUNAWAYS * 1000
/** The last ones may still be held, as by the connection of the client. */
const MOST_KEPT = 5

test('runaways leave no request, no handle and no pending immediate or timer behind', async (t) => {
  const child = await startFixture(t, 'runaways-growth', {
    env: { FIRST: String(FIRST), RUNAWAYS: String(RUNAWAYS) },
    lifetime: LIFETIME,
    nodeArgs: ['--expose-gc'],
    ready: false,
  })
  assert.deepEqual(await child.exited, [0, null], child.stderr())
  const [found] = child.log()
  assert.equal(found?.runaways, FIRST + RUNAWAYS)
  // two beside each in an immediate or a timer, which are three of five
  assert.equal(found.neighbours, ((FIRST + RUNAWAYS) * 3 * 2) / 5)
  assert.deepEqual(found.after.handles, found.before.handles)
  if (IS_LONG) assert.ok(found.after.heap - found.before.heap < MAX_GROWTH, JSON.stringify(found))
  assert.ok(found.after.kept <= MOST_KEPT, `${found.after.kept} requests are kept`)
})
