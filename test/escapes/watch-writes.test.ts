import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { it } from 'node:test'
import { watchWrites } from '../../src/escapes/watch-writes.ts'

it('a response with many escapes can be written, and each of them sees it', () => {
  const response = { write: () => true, writableLength: 0 } as unknown as ServerResponse
  const first = watchWrites(response)
  const { write } = response
  for (let i = 0; i < 20_000; i += 1) watchWrites(response)
  assert.equal(response.write, write)
  const last = watchWrites(response)
  assert.deepEqual([first(), last()], [false, false])
  response.write('x')
  assert.deepEqual([first(), last()], [true, true])
  assert.equal(watchWrites(response)(), false)
})
