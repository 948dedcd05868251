import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'

test('the process of a route that opted out is not killed in native code', async (t) => {
  const child = await startFixture(t, 'runaways', { env: { SETUP: JSON.stringify({ after: 100 }) } })
  assert.equal((await child.ask('/sleeps')).body, 'slept')
  assert.equal((await child.ask('/plain')).status, 200)
})
