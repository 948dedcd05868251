import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'

test('a healthy request loads nothing; an app that listens has what the last line of defence needs', async (t) => {
  const child = await startFixture(t, 'loads', { ready: false })
  assert.deepEqual(await child.exited, [0, null])
  assert.deepEqual(child.log(), [{ statusCode: 200, healthy: [], listening: ['http-errors', 'pino'] }])
})
