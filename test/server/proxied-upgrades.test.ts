import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { WebSocket } from 'ws'
import { type Child, startFixture } from '../support/child.ts'
import { faults } from '../support/escapes.ts'
import { until } from '../support/until.ts'

/** What the answer to one message is, or the error of the client. */
async function hello(child: Child, path: string): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${child.port}${path}`)
  try {
    await once(socket, 'open')
    socket.send('hello')
    const [message] = await once(socket, 'message')
    return String(message)
  } catch (error) {
    return (error as Error).message
  } finally {
    socket.terminate()
  }
}

async function leave(child: Child): Promise<void> {
  await until(async () => (await child.ask('/plain')).body === '{"inFlight":1}')
  child.kill('SIGTERM')
  assert.deepEqual(await child.exited, [0, null])
}

describe('@fastify/http-proxy and @fastify/websocket', () => {
  test('the proxy first: both work, without a fault', async (t) => {
    const child = await startFixture(t, 'proxied-upgrades', { env: { FIRST: 'proxy' } })
    assert.equal(await hello(child, '/own'), 'own hello')
    assert.equal(await hello(child, '/proxied/a'), 'upstream hello')
    await leave(child)
    assert.deepEqual(faults(child), [])
  })

  test('the proxy last, which throws in its listener: each proxied upgrade is one fault', async (t) => {
    const child = await startFixture(t, 'proxied-upgrades', { env: { FIRST: 'websocket' } })
    for (let i = 0; i < 2; i += 1) {
      assert.equal(await hello(child, '/proxied/a'), 'Unexpected server response: 500')
      assert.equal(await hello(child, '/own'), 'own hello')
    }
    await leave(child)
    assert.deepEqual(
      faults(child).map(({ err, req, fault }) => [err.code, req.method, req.url, fault.verdict]),
      Array(2).fill(['ERR_HTTP_SOCKET_ASSIGNED', 'GET', '/proxied/a', 'contain']),
    )
  })

  for (const first of ['proxy', 'websocket']) {
    test(`rewriteUrl throws on an upgrade (${first} first): 500`, async (t) => {
      const child = await startFixture(t, 'proxied-upgrades', { env: { FIRST: first } })
      assert.equal(await hello(child, '/rewrite'), 'Unexpected server response: 500')
      await until(() => faults(child).length === 1)
      assert.equal(faults(child)[0]?.req.url, '/rewrite')
      assert.equal(await hello(child, '/own'), 'own hello')
      await leave(child)
    })
  }
})
