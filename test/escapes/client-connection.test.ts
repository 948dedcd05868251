import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { keepsContextInFrames } from '../../src/request/async-context.ts'
import { startFixture } from '../support/child.ts'
import { faults } from '../support/escapes.ts'
import { until } from '../support/until.ts'

describe('a pooled connection fails, and nobody listens for the error', () => {
  for (const how of ['message', 'reset', 'end', 'tls-message', 'tls-end', 'http2-reset']) {
    test(`${how}: the request that opened it gets its own answer`, async (t) => {
      const child = await startFixture(t, 'pool')
      const [works, streams] = await Promise.all([child.ask(`/works/${how}`), child.ask(`/streams/${how}`)])
      assert.deepEqual([works.status, works.body], [200, '{"done":true}'])
      assert.deepEqual([streams.status, streams.body], [200, 'first,last'])
      await until(() => child.log().filter(({ msg }) => msg === 'answered').length === 2)
      const outcomes = child.log().filter(({ outcome }) => outcome === 'by itself')
      assert.deepEqual(
        outcomes.map(({ of }) => of),
        ['connection', 'connection'],
      )
      const lines = faults(child)
      assert.ok(lines.length >= 2, `${lines.length} lines`)
      for (const { fault, req } of lines) {
        assert.equal(fault.attributedTo, 'connection')
        assert.equal(req.finished, undefined)
        assert.deepEqual([fault.origin, fault.verdict], ['exception', 'recycle'])
      }
      assert.deepEqual(new Set(lines.map(({ req }) => req.route)), new Set(['/works/:how', '/streams/:how']))
    })
  }

  test('the request had ended', async (t) => {
    const child = await startFixture(t, 'pool')
    assert.equal((await child.ask('/opens')).status, 200)
    assert.equal((await child.ask('/breaks')).status, 200)
    const line = await child.line(({ fault }) => fault !== undefined)
    assert.deepEqual([line.fault.attributedTo, line.req.route], ['connection', '/opens'])
    assert.equal(line.req.finished, true)
    assert.equal(line.msg, 'an error escaped, perhaps from GET /opens: the database said: shutdown')
    assert.match(line.err.stack, /\nEmitted 'error' event on BoundPool instance at:\n {4}at .*pool\.ts/)
  })
})

test('a connection of the request itself: it is answered by force', async (t) => {
  const child = await startFixture(t, 'pool')
  for (const path of ['/own-request', '/own-listener']) {
    assert.equal((await child.ask(path)).status, 500, path)
    const line = await child.line(({ req }) => req?.route === path)
    assert.equal(line.fault.attributedTo, 'context', path)
  }
})

describe('another request forgets a query, which fails on a pooled connection', () => {
  for (const path of ['/owner/works', '/owner/streams']) {
    test(`${path}: the request that opened it gets its own answer`, async (t) => {
      const child = await startFixture(t, 'pool')
      const owner = child.ask(path)
      await until(async () => JSON.parse((await child.ask('/shared')).body).isOpen)
      assert.equal((await child.ask('/forgets')).status, 200)
      const line = await child.line(({ fault }) => fault !== undefined)
      assert.deepEqual([line.fault.origin, line.fault.attributedTo], ['rejection', 'context'])
      const named = keepsContextInFrames() ? path : '/forgets'
      assert.equal(line.msg, `an error escaped, perhaps from GET ${named}: syntax error`)
      assert.equal(line.req.finished, named === path ? undefined : true)
      await child.ask('/go-on')
      const { status, body } = await owner
      assert.deepEqual([status, body], [200, path === '/owner/works' ? '{"done":true}' : 'first,last'])
    })
  }

  const skip = keepsContextInFrames() ? false : 'this Node keeps no context in frames'
  test('with --no-async-context-frame the request that forgot it is named', { skip }, async (t) => {
    const child = await startFixture(t, 'pool', { nodeArgs: ['--no-async-context-frame'] })
    const owner = child.ask('/owner/works')
    await until(async () => JSON.parse((await child.ask('/shared')).body).isOpen)
    assert.equal((await child.ask('/forgets')).status, 200)
    const line = await child.line(({ fault }) => fault !== undefined)
    assert.equal(line.msg, 'an error escaped, perhaps from GET /forgets: syntax error')
    await child.ask('/go-on')
    assert.equal((await owner).status, 200)
  })
})
