import assert from 'node:assert/strict'
import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { refuseRequest } from '../../src/answer/refusal.ts'
import { Connections } from '../../src/drain/connections.ts'
import { announceClose } from '../../src/drain/stop-serving.ts'
import { connectRaw } from '../support/client.ts'
import { until } from '../support/until.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

async function listen(t: TestContext, handler: Handler) {
  const server = http.createServer(handler)
  const connections = new Connections()
  connections.watch(server)
  connections.watch(server)
  t.after(() => {
    connections.cut()
    server.close()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, connections, port: (server.address() as AddressInfo).port }
}

test('an upgrade that comes after the stop gets 503', async (t) => {
  const { server, connections, port } = await listen(t, () => {})
  let upgraded = false
  server.on('upgrade', () => {
    upgraded = true
  })
  const accepted = once(server, 'connection')
  const late = await connectRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n')
  await accepted
  connections.stop()
  late.socket.write('Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await late.closed
  assert.match(late.received(), /^HTTP\/1.1 503 Service Unavailable\r\nConnection: close\r\n/)
  assert.equal(upgraded, false)
})

test('a HEAD that comes after the stop is refused without a body', async (t) => {
  let finish = () => {}
  const { connections, port } = await listen(t, (_request, response) => {
    response.write('first')
    finish = () => response.end()
  })
  const busy = await connectRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => busy.received().includes('first'))
  assert.deepEqual(
    connections.busy().map(({ method }) => method),
    ['GET'],
  )
  connections.stop()
  busy.socket.write('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n')
  finish()
  await busy.closed
  assert.match(busy.received(), /HTTP\/1.1 503 Service Unavailable\r\n[\s\S]*\r\nretry-after: 1\r\n/i)
  assert.ok(busy.received().endsWith('\r\n\r\n'))
})

test('a server that is watched or starts to listen after the stop accepts nothing', async (t) => {
  const server = http.createServer()
  t.after(() => server.close())
  let hasListened = false
  const connections = new Connections(() => {
    hasListened = true
  })
  connections.stop()
  connections.watch(server)
  assert.equal(hasListened, false)
  server.listen(0)
  await once(server, 'listening')
  assert.equal(server.listening, false)
  assert.equal(hasListened, true)
})

test('an HTTP/2 session that comes up after the stop is closed', async (t) => {
  const server = http2.createServer()
  const connections = new Connections()
  connections.watch(server as unknown as http.Server)
  t.after(() => server.close())
  // Before Node makes a session of the connection.
  server.prependListener('connection', () => connections.stop())
  server.listen(0)
  await once(server, 'listening')
  const client = http2.connect(`http://localhost:${(server.address() as AddressInfo).port}`)
  client.on('error', () => {})
  await once(client, 'close')
  await until(() => !connections.hasSessions)
})

test('a refusal over HTTP/2 names no connection, and one that fails cuts', () => {
  const sent: unknown[] = []
  const response = {
    getHeaderNames: () => [],
    writeHead: (status: number, headers: object) => sent.push(status, Object.keys(headers)),
    end: (body: string) => sent.push(body.length > 0),
    destroy: () => sent.push('destroyed'),
  } as unknown as ServerResponse
  refuseRequest({ httpVersionMajor: 2, method: 'GET' } as IncomingMessage, response)
  assert.deepEqual(sent, [503, ['content-type', 'content-length', 'retry-after'], true])
  response.writeHead = () => {
    throw new Error('headers were sent')
  }
  refuseRequest({ httpVersionMajor: 1, method: 'GET' } as IncomingMessage, response)
  assert.equal(sent.at(-1), 'destroyed')
})

test('a response that has started is not told to close', () => {
  const response = { headersSent: true, shouldKeepAlive: true }
  announceClose(response)
  assert.equal(response.shouldKeepAlive, true)
})
