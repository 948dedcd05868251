import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'

test('an exception that escapes from a request of inject() is one fault, and the request is answered', async (t) => {
  const child = await startFixture(t, 'inject-escapes', { ready: false })
  assert.deepEqual(await child.exited, [0, null], child.stderr())
  const outcomes = child.log().filter((line) => line.path !== undefined)
  assert.deepEqual(
    outcomes.map(({ path, statusCode, body, total }) => [path, statusCode, body, total]),
    [
      ['/stream', 200, 'xxxxx', 1],
      ['/hijack', 200, 'ab', 2],
      ['/plain', 200, 'fine', 3],
      ['/never', 500, outcomes[3]?.body, 4],
    ],
  )
  const messages = child.log().flatMap((line) => (line.level >= 40 ? [line.err?.message ?? line.msg] : []))
  assert.deepEqual(messages, Array(4).fill('a bug in a timer'))
})
