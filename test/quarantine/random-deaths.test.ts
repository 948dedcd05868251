import assert from 'node:assert/strict'
import { test } from 'node:test'
import { temporaryFolder } from '../support/folder.ts'
import { dieAtRandom } from './random-deaths.ts'

test('closes no route of an app whose processes are killed from outside', async (t) => {
  const { deaths, inFlight, closed, statuses } = await dieAtRandom(t, temporaryFolder(t), 8, 1)
  assert.deepEqual(closed, [])
  assert.deepEqual(statuses, [200])
  assert.ok(deaths >= 6 && inFlight > 1, `${deaths} deaths with ${inFlight} routes in flight`)
})
