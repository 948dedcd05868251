import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'

for (const path of ['/stream', '/failing-stream', '/web-stream', '/response']) {
  test(`a body that comes after the forced answer is let go: ${path}`, async (t) => {
    const child = await startFixture(t, 'late-bodies')
    assert.equal((await child.ask(path)).status, 500)
    await child.line(({ released }) => released === path)
    assert.equal((await child.ask('/fine')).status, 200)
  })
}

for (const [path, status] of [
  ['/proxied', 500],
  ['/proxied-too-long', 503],
] as const) {
  test(`an upstream that answers after the forced answer keeps no connection of the pool: ${path}`, async (t) => {
    const child = await startFixture(t, 'late-bodies')
    // more often than the pool has connections
    for (let i = 0; i < 3; i += 1) assert.equal((await child.ask(path)).status, status)
    assert.equal((await child.ask('/fine')).status, 200)
  })
}
