import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:http2'
import { request } from 'node:https'
import { type AddressInfo, connect as connectSocket } from 'node:net'
import { test } from 'node:test'
import { hold } from '../../src/crash-loop/hold.ts'
import { ParkedServer, type ServerKind } from '../../src/crash-loop/parked-server.ts'
import type { IsolatedApp } from '../../src/isolated-app.ts'
import { ask } from '../support/client.ts'
import { freePort } from '../support/free-port.ts'

const tls = {
  key: readFileSync(new URL('../fixtures/tls/test-only-key.pem', import.meta.url)),
  cert: readFileSync(new URL('../fixtures/tls/test-only-cert.pem', import.meta.url)),
}

async function listening(kind: ServerKind): Promise<{ server: ParkedServer; port: number }> {
  const server = new ParkedServer(kind, '/live', () => 7)
  const port = await freePort()
  await server.listen({ host: '127.0.0.1', port })
  return { server, port }
}

test('a parked app speaks TLS, and HTTP/2 where the app does', async () => {
  for (const kind of [{ https: tls }, { https: tls, http2: true }]) {
    const { server, port } = await listening(kind)
    const sent = request({ port, host: '127.0.0.1', path: '/ok', rejectUnauthorized: false }).end()
    const [response] = await once(sent, 'response')
    assert.deepEqual([response.statusCode, response.headers['retry-after']], [503, '7'])
    if (kind.http2) {
      const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
      session.on('error', () => {})
      const [headers] = await once(session.request({ ':path': '/live' }), 'response')
      assert.equal(headers[':status'], 200)
    }
    await server.close()
  }
})

test('a parked app speaks HTTP/2 without TLS where the app does', async () => {
  const { server, port } = await listening({ http2: true })
  const session = connect(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  for (const [path, status] of [
    ['/live', 200],
    ['/', 503],
  ]) {
    const [headers] = await once(session.request({ ':path': `${path}` }), 'response')
    assert.equal(headers[':status'], status)
  }
  await server.close()
})

test('it ends with the connections that its clients hold, and frees its port', async () => {
  const { server, port } = await listening({})
  const idle = connectSocket(port, '127.0.0.1')
  await once(idle, 'connect')
  assert.equal((await ask(port, '/live')).status, 200)
  await server.close()
  await once(idle, 'close')
  await listeningOn(port)
})

async function listeningOn(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.close()
}

test('an app waits also where another process has its port, and says so again and again', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const warnings: string[] = []
  const log = { warn: (_line: unknown, message: string) => warnings.push(message) }
  const said: number[] = []
  const before = process.listenerCount('SIGTERM')
  await hold({ fastify: { log } } as unknown as IsolatedApp, {
    wait: 120,
    sayEvery: 50,
    parked: { kind: {}, addresses: [{ host: '127.0.0.1', port }] },
    liveness: undefined,
    say: (seconds) => said.push(seconds),
    stopped: assert.fail,
  })
  other.close()
  assert.deepEqual(warnings, ['the parked app cannot listen: its clients are refused'])
  assert.ok(said.length >= 2, String(said))
  assert.equal(process.listenerCount('SIGTERM'), before)
})
