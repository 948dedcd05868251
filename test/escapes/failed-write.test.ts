import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'
import { connectRaw } from '../support/client.ts'

test('a listener of finish that throws as a write has failed leaves no connection and no request behind', async (t) => {
  const child = await startFixture(t, 'failed-write')
  const { closed, received } = await connectRaw(
    child.port,
    'GET /x HTTP/1.1\r\nhost: a\r\n\r\nGET /waiting HTTP/1.1\r\nhost: a\r\n\r\n',
  )
  await closed
  assert.equal(received(), '')
  assert.deepEqual(JSON.parse((await child.ask('/waiting')).body), { waiting: 0 })
  child.kill('SIGTERM')
  assert.deepEqual(await child.exited, [0, null])
})
