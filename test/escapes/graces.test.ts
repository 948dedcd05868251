import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'

test('a payment whose audit floats and fails at once gets its own answer', async (t) => {
  const child = await startFixture(t, 'graces')
  const { status, body } = await child.ask('/payment')
  assert.equal(status, 200)
  assert.deepEqual(JSON.parse(body), { paid: true })
})

test('a stream is not cut for a promise that floats and fails, before its first byte or later', async (t) => {
  const child = await startFixture(t, 'graces')
  const [whole, cut] = await Promise.all([child.ask('/stream'), child.ask('/stream/ends-later')])
  assert.deepEqual([whole.status, whole.body], [200, 'first,last'])
  // left alone while it flows, it has the grace of the next escape, which has stopped it
  assert.deepEqual([cut.status, cut.body.length > 0, cut.error], [200, true, 'ECONNRESET'])
})

test('each escape has the grace of its kind, and the shortest counts', { concurrency: true }, async (t) => {
  const child = await startFixture(t, 'graces')
  const forced = async (path: string) => assert.equal((await child.ask(path)).status, 500)
  const kinds = {
    'a rejection waits for the handler': '/rejection/handler',
    'a rejection waits for a promise of a class of its own': '/rejection/subclass',
    'a rejection waits for a thenable': '/rejection/thenable',
    'a rejection waits for a hook': '/rejection/hook',
    'a rejection waits for an error handler': '/rejection/error-handler',
    'a rejection waits no longer because of an exception before': '/rejection/two',
    'a rejection waits for nothing where a callback answers': '/exception/callback',
    'a rejection waits for nothing after the handler': '/exception/after-handler',
    'an exception does not wait for the handler': '/exception/thrown',
    'an exception waits no longer because of a rejection before': '/exception/two',
    'of two rejections with one error, each has to be handled': '/one-error/two-promises',
    'a number holds for a rejection': '/number/handler',
    'a number holds for an exception': '/number/thrown',
  }
  await Promise.all(Object.entries(kinds).map(([name, path]) => t.test(name, () => forced(path))))
  assert.deepEqual(JSON.parse((await child.ask('/starts')).body), { starts: 1 })
})

for (const LOGGER of ['true', 'false']) {
  test(`the grace is lengthened by the good answers of the route alone, logger: ${LOGGER}`, async (t) => {
    const child = await startFixture(t, 'graces', { env: { LOGGER } })
    const status = async (path: string) => (await child.ask(path)).status
    assert.equal(await status('/slow/object?fails'), 500)
    assert.equal(await status('/slow/number'), 200)
    assert.equal(await status('/slow/object?bug'), 500)
    assert.equal(await status('/slow/object'), 200)
    assert.equal(await status('/slow/object?bug'), 200)
    assert.equal(await status('/slow/number?bug'), 500)
  })
}
