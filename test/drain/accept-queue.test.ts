import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import { AcceptQueue } from '../../src/drain/accept-queue.ts'
import { type Child, startFixture } from '../support/child.ts'
import { PATIENT_DRAIN } from '../support/patient-drain.ts'
import { until } from '../support/until.ts'

/** More than a few turns of the event loop accept, where each accepts one. */
const CONNECTIONS = { http: 60, https: 10, http2: 20, http2s: 10 }

/** Starts a server whose `/block` blocks it until `go()`, and then makes it leave. */
async function startBlocked(t: TestContext, PROTOCOL: string): Promise<{ child: Child; go: () => void }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'isolate-queue-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const GO = path.join(folder, 'go')
  const child = await startFixture(t, 'leaving-queue', { env: { PROTOCOL, GO }, nodeArgs: PATIENT_DRAIN })
  return { child, go: () => writeFileSync(GO, '') }
}

type Asked = Promise<[status: number | string, connection: string | undefined]>

/** Connects, then sends a request. The connection is made by the kernel, whatever the server does. */
async function connect(port: number, ask: (socket: net.Socket) => Asked): Promise<{ answer: Asked }> {
  const socket = net.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return { answer: ask(socket) }
}

function askHttp(path: string, createConnection: () => net.Socket): Asked {
  return new Promise((resolve) => {
    http
      .get({ path, host: 'localhost', createConnection }, (response) => {
        response.resume()
        response.on('end', () => resolve([response.statusCode ?? 0, response.headers.connection]))
        response.on('error', (error: NodeJS.ErrnoException) => resolve([error.code ?? '', undefined]))
      })
      .on('error', (error: NodeJS.ErrnoException) => resolve([error.code ?? error.message, undefined]))
  })
}

function askHttp2(path: string, createConnection: () => net.Socket): Asked {
  return new Promise((resolve) => {
    const session = http2.connect('http://localhost', { createConnection })
    const failed = (error: NodeJS.ErrnoException) => resolve([error.code ?? error.message, undefined])
    session.on('error', failed)
    const stream = session.request({ ':path': path })
    stream.on('error', failed)
    stream.on('response', (headers) => {
      stream.resume()
      stream.on('end', () => resolve([Number(headers[':status']), undefined]))
    })
  })
}

const ASK: Readonly<Record<string, (path: string) => (socket: net.Socket) => Asked>> = {
  http: (path) => (socket) => askHttp(path, () => socket),
  https: (path) => (socket) => askHttp(path, () => tls.connect({ socket, rejectUnauthorized: false })),
  http2: (path) => (socket) => askHttp2(path, () => socket),
  http2s: (path) => (socket) =>
    askHttp2(path, () => tls.connect({ socket, rejectUnauthorized: false, ALPNProtocols: ['h2'] })),
}

/** Lets connections wait in the kernel of a server that then leaves. Returns what they were answered. */
async function answersOfWaiting(t: TestContext, protocol: keyof typeof CONNECTIONS, how: 'fatal' | 'leave') {
  const { child, go } = await startBlocked(t, protocol)
  const ask = ASK[protocol]!
  const block = await connect(child.port, ask(`/block?how=${how}`))
  await child.line((line) => line.msg === 'blocked')
  const asked = await Promise.all(
    Array.from({ length: CONNECTIONS[protocol] }, () => connect(child.port, ask('/ok'))),
  )
  // A turn, in which the requests are written.
  await new Promise((resolve) => setImmediate(resolve))
  go()
  const answers = await Promise.all(asked.map(({ answer }) => answer))
  assert.equal((await block.answer)[0], how === 'fatal' ? 500 : 200)
  assert.deepEqual(await child.exited, [how === 'fatal' ? 70 : 0, null])
  assert.ok(!child.log().some((line) => line.leave?.cut))
  return answers.map(([status, connection]) => `${status} ${connection}`)
}

for (const [protocol, how] of [
  ['http', 'fatal'],
  ['http', 'leave'],
  ['https', 'fatal'],
  ['http2', 'fatal'],
  ['http2s', 'fatal'],
] as const) {
  test(`${protocol}, ${how}: connections that wait in the kernel are accepted and answered, not reset`, async (t) => {
    const good = protocol.startsWith('http2') ? '200 undefined' : '200 close'
    assert.deepEqual([...new Set(await answersOfWaiting(t, protocol, how))], [good])
  })
}

test('a TLS connection that was accepted before the stop and shakes hands after it gets its answer', async (t) => {
  const { child } = await startBlocked(t, 'https')
  const silent = net.connect(child.port, '127.0.0.1')
  silent.on('error', () => {})
  await once(silent, 'connect')
  // Accepting goes by the order of connecting.
  await (await connect(child.port, ASK.https!('/ok'))).answer
  const { answer } = await connect(child.port, ASK.https!('/fatal'))
  assert.equal((await answer)[0], 500)
  // More than the drain takes that waits for nothing.
  await sleep(150)
  assert.deepEqual(await ASK.https!('/ok')(silent), [200, 'close'])
  assert.deepEqual(await child.exited, [70, null])
})

test('where new connections never cease, the servers stop listening all the same', async () => {
  let isListening = true
  const server = {
    get listening() {
      return isListening
    },
    close: () => {
      isListening = false
    },
  } as unknown as net.Server
  const queue = new AcceptQueue([server])
  const accept = () => {
    queue.accepted += 1
    if (isListening) setImmediate(accept)
  }
  accept()
  queue.empty()
  queue.empty()
  assert.equal(queue.isOpen, true)
  await until(() => !isListening)
  assert.equal(queue.isOpen, false)
  assert.ok(queue.accepted > 2)
})

test('a server that cannot be closed keeps no other from closing', () => {
  const closed: string[] = []
  const servers = [
    {
      listening: true,
      close: () => {
        throw new Error('a server of the app')
      },
    },
    { listening: false, close: () => closed.push('did not listen') },
    { listening: true, close: () => closed.push('listened') },
  ] as unknown as net.Server[]
  new AcceptQueue(servers).close()
  assert.deepEqual(closed, ['listened'])
})
