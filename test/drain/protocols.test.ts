import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import https from 'node:https'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { startFixture } from '../support/child.ts'
import { ask, connectRaw } from '../support/client.ts'
import { until } from '../support/until.ts'

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

/** A few turns of the event loop may pass before the server stops listening. */
const untilRefused = (ask: () => Promise<string | undefined>): Promise<void> =>
  until(async () => (await ask()) === 'ECONNREFUSED')

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

test('a WebSocket is told and closed with 1001; every address stops accepting', async (t) => {
  // So long that only a way out that needs none of it ends in time.
  const child = await startFixture(t, 'leaving-protocols', { env: { DEADLINE: '60000' } })
  const socket = new WebSocket(`ws://localhost:${child.port}/socket`)
  await once(socket, 'open')
  const heard: string[] = []
  socket.on('message', (message) => heard.push(String(message)))
  const closed = once(socket, 'close')
  const hosts: string[] = child.ready.addresses
  const slow = hosts.map((host) => ask(child.port, '/slow', { host }))
  for (const _host of hosts) await child.line((line) => line.req?.url === '/slow')
  assert.equal((await child.ask('/fatal', { host: 'localhost' })).status, 500)
  for (const host of hosts)
    await untilRefused(() => ask(child.port, '/none', { host }).then(({ error }) => error))
  const [code] = await closed
  assert.equal(code, 1001)
  assert.deepEqual(heard, ['we leave'])
  for (const answer of await Promise.all(slow)) assert.equal(answer.body, 'slow but whole')
  assert.deepEqual(await child.exited, [70, null])
  assert.ok(!child.log().some((line) => line.leave?.cut))
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

test('an event stream is told, and one that ends then does not hold the process', async (t) => {
  for (const [path, cut] of [
    ['/events', true],
    ['/events?ends=1', false],
  ] as const) {
    const child = await startFixture(t, 'leaving-protocols')
    const events = child.ask(path, { host: 'localhost' })
    await child.line((line) => line.req?.url === path)
    await child.ask('/fatal', { host: 'localhost' })
    const { body, error } = await events
    assert.equal(body, 'data: hello\n\ndata: we leave\n\n')
    assert.equal(error, cut ? 'ECONNRESET' : undefined)
    assert.deepEqual(await child.exited, [70, null])
    assert.equal(
      child.log().some((line) => line.leave?.cut?.[0]?.route === '/events'),
      cut,
    )
  }
})

function askHttps(port: number, path: string, agent?: https.Agent): Promise<[number, string, string]> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve([0, error.code ?? '', ''])
    https
      .get(
        { host: 'localhost', port, path, agent: agent ?? false, rejectUnauthorized: false },
        (response) => {
          let body = ''
          response.setEncoding('utf8').on('data', (chunk: string) => {
            body += chunk
          })
          response.on('error', failed)
          response.on('end', () =>
            resolve([response.statusCode ?? 0, body, response.headers.connection ?? '']),
          )
        },
      )
      .on('error', failed)
  })
}

for (const PROTOCOL of ['https', 'http2s']) {
  test(`HTTP/1 over TLS (${PROTOCOL}): in flight finishes, idle closes, what is new is refused`, async (t) => {
    // So long that only a way out that needs none of it ends in time.
    const child = await startFixture(t, 'leaving-protocols', { env: { PROTOCOL, DEADLINE: '60000' } })
    const agent = new https.Agent({ keepAlive: true })
    t.after(() => agent.destroy())
    const kept = askHttps(child.port, '/slow', agent)
    // It never begins its handshake.
    const mute = await connectRaw(child.port, '', child.ready.addresses[0])
    const idle = new https.Agent({ keepAlive: true })
    t.after(() => idle.destroy())
    await askHttps(child.port, '/none', idle)
    await child.line((line) => line.req?.url === '/slow')
    assert.equal((await askHttps(child.port, '/fatal'))[0], 500)
    await untilRefused(() => askHttps(child.port, '/none').then(([, error]) => error))
    assert.deepEqual(await kept, [200, 'slow but whole', 'close'])
    assert.deepEqual(await child.exited, [70, null])
    await mute.closed
    assert.ok(!child.log().some((line) => line.level === 40 && line.leave?.cut))
  })
}

test('HTTP/2: the stream of a route that opted out finishes too', async (t) => {
  const child = await startFixture(t, 'leaving-protocols', { env: { PROTOCOL: 'http2', DEADLINE: '60000' } })
  const session = http2.connect(`http://localhost:${child.port}`)
  t.after(() => session.destroy())
  session.on('error', () => {})
  const plain = request(session, '/plain')
  await child.line((line) => line.req?.url === '/plain')
  assert.equal((await request(session, '/fatal'))[0], 500)
  assert.deepEqual(await plain, [200, 'slow but whole'])
  assert.deepEqual(await child.exited, [70, null])
})

test('HTTP/2 over TLS: what is in flight finishes', async (t) => {
  const child = await startFixture(t, 'leaving-protocols', { env: { PROTOCOL: 'http2s', DEADLINE: '60000' } })
  const session = http2.connect(`https://localhost:${child.port}`, { rejectUnauthorized: false })
  t.after(() => session.destroy())
  const goaway = once(session, 'goaway')
  const slow = request(session, '/slow')
  await child.line((line) => line.req?.url === '/slow')
  assert.equal((await request(session, '/fatal'))[0], 500)
  await goaway
  assert.deepEqual(await slow, [200, 'slow but whole'])
  assert.deepEqual(await child.exited, [70, null])
})
