import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { startFixture } from './support/child.ts'
import { ask } from './support/client.ts'

function request(session: http2.ClientHttp2Session, path: string): Promise<[status: number, body: string]> {
  return new Promise((resolve) => {
    let status = 0
    let body = ''
    const stream = session.request({ ':path': path })
    stream.on('response', (headers) => {
      status = Number(headers[':status'])
    })
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk
    })
    stream.on('error', () => {})
    stream.on('close', () => resolve([status, body]))
  })
}

test('HTTP/2: streams in flight finish, the client gets GOAWAY, what never ends is cut', async (t) => {
  const child = await startFixture(t, 'leaving-protocols', { env: { PROTOCOL: 'http2' } })
  const session = http2.connect(`http://localhost:${child.port}`)
  t.after(() => session.destroy())
  session.on('error', () => {})
  const idle = http2.connect(`http://localhost:${child.port}`)
  t.after(() => idle.destroy())
  await once(idle, 'connect')
  const idleClosed = once(idle, 'close').then(() => performance.now())
  const goaway = once(session, 'goaway')
  const slow = request(session, '/slow')
  const never = request(session, '/never')
  await child.line((line) => line.req?.url === '/never')
  const [status] = await request(session, '/fatal')
  assert.equal(status, 500)
  await goaway
  assert.deepEqual(await slow, [200, 'slow but whole'])
  const slowEnded = performance.now()
  assert.deepEqual(await never, [0, ''])
  assert.ok((await idleClosed) < slowEnded)
  assert.deepEqual(await child.exited, [70, null])
  assert.ok(child.log().some((line) => line.leave?.cut?.[0]?.route === '/never'))
})

test('a WebSocket stays until the deadline and is cut then; every address stops accepting', async (t) => {
  const child = await startFixture(t, 'leaving-protocols')
  const socket = new WebSocket(`ws://localhost:${child.port}/socket`)
  await once(socket, 'open')
  const closed = once(socket, 'close')
  const hosts: string[] = child.ready.addresses
  const slow = hosts.map((host) => ask(child.port, '/slow', { host }))
  for (const _host of hosts) await child.line((line) => line.req?.url === '/slow')
  assert.equal((await child.ask('/fatal', { host: 'localhost' })).status, 500)
  for (const host of hosts) assert.equal((await ask(child.port, '/fatal', { host })).error, 'ECONNREFUSED')
  socket.send('still there')
  assert.equal(String((await once(socket, 'message'))[0]), 'still there')
  for (const answer of await Promise.all(slow)) assert.equal(answer.body, 'slow but whole')
  await closed
  assert.deepEqual(await child.exited, [70, null])
  assert.ok(child.log().some((line) => line.leave?.cut?.length === 1))
})

test('a WebSocket that closes in time does not hold the process', async (t) => {
  const child = await startFixture(t, 'leaving-protocols')
  const socket = new WebSocket(`ws://localhost:${child.port}/socket`)
  await once(socket, 'open')
  await child.ask('/fatal', { host: 'localhost' })
  socket.close()
  assert.deepEqual(await child.exited, [70, null])
  assert.ok(!child.log().some((line) => line.leave?.cut))
})
