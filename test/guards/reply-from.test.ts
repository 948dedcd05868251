import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MASKED } from '../support/app.ts'
import { startFixture } from '../support/child.ts'
import { faults } from '../support/escapes.ts'
import { until } from '../support/until.ts'

/** Callbacks that fail before there is an answer. */
const failing = [
  '/rewriteHeaders/throws',
  '/rewriteHeaders/throws-after-a-404',
  '/rewriteHeaders/returns-nothing',
  '/onResponse/throws',
  '/onResponse/throws-after-a-404',
  '/onResponse/rejects',
  '/onError/throws',
  '/onError/rejects',
  '/retryDelay/throws',
]

for (const client of ['undici', 'http']) {
  describe(`a callback of reply.from() (${client})`, () => {
    test('that fails costs its own request alone', async (t) => {
      const child = await startFixture(t, 'reply-from', { env: { CLIENT: client } })
      // they open the connection to the upstream, and leave it their asynchronous context
      for (let i = 0; i < 3; i += 1) assert.equal((await child.ask('/fine')).body, 'of /fine ')
      for (const path of failing) {
        const answer = await child.ask(path)
        assert.equal(answer.status, 500, path)
        const { requestId, ...body } = JSON.parse(answer.body)
        assert.deepEqual(body, MASKED)
        assert.equal(answer.headers.etag, undefined)
        await until(() => faults(child).length > failing.indexOf(path))
        const line = faults(child).at(-1)
        assert.equal(line?.reqId, requestId)
        assert.equal(line?.req.url, path)
        const { origin, attributedTo, verdict } = line?.fault ?? {}
        assert.deepEqual([origin, attributedTo, verdict], ['handler', 'call', 'contain'], path)
        assert.equal((await child.ask('/fine')).body, 'of /fine ')
      }
      await until(async () => (await child.ask('/in-flight')).body === '{"inFlight":1}')
      child.kill('SIGTERM')
      assert.deepEqual(await child.exited, [0, null])
      assert.equal(faults(child).length, failing.length)
    })

    test('that fails once it has answered changes nothing', async (t) => {
      const child = await startFixture(t, 'reply-from', { env: { CLIENT: client } })
      for (let i = 0; i < 3; i += 1) assert.equal((await child.ask('/fine')).status, 200)
      for (const [i, failure] of ['answers-and-throws', 'answers-and-floats'].entries()) {
        const path = `/onResponse/${failure}`
        const answer = await child.ask(path)
        assert.deepEqual([answer.status, answer.error], [200, undefined])
        assert.equal(answer.body.length, `of ${path} `.length + 1_000_000)
        await until(() => faults(child).length > i)
        assert.equal(faults(child)[i]?.req.url, path)
      }
      child.kill('SIGTERM')
      assert.deepEqual(await child.exited, [0, null])
    })

    test('that throws an answer answers', async (t) => {
      const child = await startFixture(t, 'reply-from', { env: { CLIENT: client } })
      const gone = await child.ask('/onResponse/throws-an-answer')
      assert.deepEqual([gone.status, JSON.parse(gone.body).message], [410, 'it is gone'])
      const conflict = await child.ask('/onResponse/sets-a-status')
      assert.deepEqual([conflict.status, JSON.parse(conflict.body).message], [409, 'in conflict'])
      child.kill('SIGTERM')
      assert.deepEqual(await child.exited, [0, null])
      assert.deepEqual(faults(child), [])
    })
  })
}
