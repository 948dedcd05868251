import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'

/** $RUNAWAYS=1000 takes some minutes. */
const RUNAWAYS = Number(process.env.RUNAWAYS ?? 50)
/** As many come first, so that everything that is made once is there. */
const FIRST = 10
/** The last ones may still be held, as by the connection of the client. */
const MOST_KEPT = 5

test('runaways leave no request, no handle and no pending immediate or timer behind', async (t) => {
  const child = await startFixture(t, 'runaways-growth', {
    env: { RUNAWAYS: String(RUNAWAYS) },
    nodeArgs: ['--expose-gc'],
    ready: false,
  })
  assert.deepEqual(await child.exited, [0, null], child.stderr())
  const [found] = child.log()
  assert.equal(found?.runaways, FIRST + RUNAWAYS)
  // two beside each in an immediate or a timer, which are three of five
  assert.equal(found.neighbours, ((FIRST + RUNAWAYS) * 3 * 2) / 5)
  assert.deepEqual(found.after.handles, found.before.handles)
  assert.ok(found.after.kept <= MOST_KEPT, `${found.after.kept} requests are kept`)
})
