import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from './child.ts'

test('a fixture runs in its own process and tells its port, answers, log and exit', async (t) => {
  const child = await startFixture(t, 'hello')
  assert.ok(child.port > 0)
  assert.equal((await child.ask('/a')).body, 'hello')
  assert.equal((await child.line((line) => line.url === '/a')).msg, 'request')
  assert.equal((await child.ask('/exit')).error, 'ECONNRESET')
  assert.deepEqual(await child.exited, [3, null])
})

test('a fixture that exits before it is ready fails the start', async (t) => {
  await assert.rejects(startFixture(t, 'missing'), /exited with 1 before its ready line/)
})
