import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import WebSocket from 'ws'
import { type Child, startFixture } from '../support/child.ts'

async function open(child: Child, path: string, perMessageDeflate = false): Promise<WebSocket> {
  const headers = { 'x-request-id': `id-of-${path}` }
  const socket = new WebSocket(`ws://127.0.0.1:${child.port}${path}`, { headers, perMessageDeflate })
  socket.on('error', () => {})
  await once(socket, 'open')
  return socket
}

for (const perMessageDeflate of [false, true]) {
  test(`an error of a WebSocket closes that socket alone (compressed: ${perMessageDeflate})`, async (t) => {
    const child = await startFixture(t, 'web-socket')
    const echo = await open(child, '/echo')
    const expected = {
      '/message-listener-throws': { origin: 'handler', attributedTo: 'call', verdict: 'contain' },
      '/message-listener-rejects': { origin: 'rejection', attributedTo: 'context', verdict: 'contain' },
      '/message-listener-sets-a-timer': { origin: 'exception', attributedTo: 'context', verdict: 'recycle' },
      '/handler-sets-a-timer': { origin: 'exception', attributedTo: 'context', verdict: 'recycle' },
    }
    for (const [path, fault] of Object.entries(expected)) {
      const socket = await open(child, path, perMessageDeflate)
      socket.send('a message')
      const [code, reason] = await once(socket, 'close')
      assert.equal(code, 1011, path)
      assert.equal(String(reason), '')
      const line = await child.line((line) => line.req?.route === path)
      assert.equal(line.reqId, `id-of-${path}`)
      const { origin, attributedTo, verdict } = line.fault
      assert.deepEqual({ origin, attributedTo, verdict }, fault, path)
      if (!perMessageDeflate) t.diagnostic(`escape | WebSockets | ${path.slice(1)} | ${attributedTo}`)
    }
    const closing = await open(child, '/closes', perMessageDeflate)
    closing.close()
    await child.line((line) => line.req?.route === '/closes')

    echo.send('still there')
    assert.equal(String((await once(echo, 'message'))[0]), 'still there')
    echo.close()
    await once(echo, 'close')
    assert.equal((await child.ask('/plain')).status, 200)
    assert.equal(child.log().filter((line) => line.fault !== undefined).length, 5)
  })
}
