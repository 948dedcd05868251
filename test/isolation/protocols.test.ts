import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import { WebSocket } from 'ws'
import type { Fault } from '../../src/fault/fault.ts'
import { isolate } from '../../src/isolate.ts'
import { isolatedAppOf } from '../../src/isolated-app.ts'
import { bodyOf, MASKED, testApp, until } from '../support/app.ts'
import { connectRaw } from '../support/client.ts'

const tls = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url))
const CERTIFICATE = { key: tls('test-only-key.pem'), cert: tls('test-only-cert.pem') }

function install(app: FastifyInstance): void {
  app.get('/fine', async () => 'fine')
  app.get('/x', async () => {
    throw new Error('secret')
  })
  app.get('/send', async () => 1n)
  app.get('/cut', async () =>
    Readable.from(
      (async function* () {
        for (let i = 0; i < 3; i += 1) {
          await new Promise(setImmediate)
          yield 'x'.repeat(100)
        }
        throw new Error('secret')
      })(),
    ),
  )
  app.get('/hijacked', async (_request, reply) => {
    reply.hijack()
    throw new Error('secret')
  })
  app.get(
    '/endless',
    async () =>
      new Readable({
        read() {
          setImmediate(() => this.push('x'.repeat(100)))
        },
      }),
  )
  app.get('/forever', () => new Promise(() => {}))
}

async function assertNothingInFlight(app: FastifyInstance): Promise<void> {
  const inFlight = isolatedAppOf(app)!.requests
  await until('nothing in flight', () => inFlight.size === 0)
}

describe('HTTP/1', () => {
  it('1.0: answered, and the connection is closed', async (t) => {
    const test = testApp(t)
    install(test.app)
    for (const path of ['/x', '/hijacked']) {
      const { received, closed } = await connectRaw(await test.listen(), `GET ${path} HTTP/1.0\r\n\r\n`)
      await closed
      assert.match(received(), /^HTTP\/1\.[01] 500 Internal Server Error\r\n/)
      const body = received().split('\r\n\r\n')[1] ?? ''
      assert.deepEqual(bodyOf({ body } as never), MASKED)
    }
    await assertNothingInFlight(test.app)
  })

  it('1.0: a stream that fails is cut', async (t) => {
    const test = testApp(t)
    install(test.app)
    const { received, closed } = await connectRaw(await test.listen(), 'GET /cut HTTP/1.0\r\n\r\n')
    await closed
    assert.doesNotMatch(received(), /secret/)
    assert.equal(test.faultLines().length, 1)
  })

  it('keep-alive: the connection stays usable after a fault', async (t) => {
    const test = testApp(t)
    install(test.app)
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    t.after(() => agent.destroy())
    let connections = 0
    test.app.server.on('connection', () => {
      connections += 1
    })
    const statuses: number[] = []
    for (const path of ['/x', '/fine', '/send', '/hijacked', '/fine', '/nowhere', '/x']) {
      statuses.push((await test.ask(path, { agent })).status)
    }
    assert.deepEqual(statuses, [500, 200, 500, 500, 200, 404, 500])
    assert.equal(connections, 1)
    await assertNothingInFlight(test.app)
  })

  it('pipelining: every request gets its own answer, in order', async (t) => {
    const test = testApp(t)
    install(test.app)
    const ask = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`
    const paths = ['/fine', '/x', '/fine', '/send', '/hijacked', '/fine']
    const { received, socket } = await connectRaw(await test.listen(), paths.map(ask).join(''))
    const statuses = () => [...received().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))
    await until('all answers', () => statuses().length === paths.length)
    assert.deepEqual(statuses(), [200, 500, 200, 500, 500, 200])
    socket.destroy()
    await assertNothingInFlight(test.app)
  })

  it('pipelining: nothing is left of requests whose connection closes before their turn', async (t) => {
    const test = testApp(t)
    install(test.app)
    const ask = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`
    const paths = ['/forever', '/fine', '/x', '/forever', ...Array.from({ length: 20 }, () => '/fine')]
    const { socket } = await connectRaw(await test.listen(), paths.map(ask).join(''))
    const inFlight = isolatedAppOf(test.app)!.requests
    await until('all of them in flight', () => inFlight.size === paths.length)
    const warnings: Error[] = []
    const note = (warning: Error) => warnings.push(warning)
    process.on('warning', note)
    socket.destroy()
    await assertNothingInFlight(test.app)
    process.off('warning', note)
    assert.deepEqual(warnings, [])
  })

  it('a request that its client leaves is forgotten', async (t) => {
    const test = testApp(t)
    install(test.app)
    const { socket } = await connectRaw(await test.listen(), 'GET /forever HTTP/1.1\r\nhost: x\r\n\r\n')
    const inFlight = isolatedAppOf(test.app)!.requests
    await until('in flight', () => inFlight.size === 1)
    socket.destroy()
    await assertNothingInFlight(test.app)
  })
})

describe('inject()', () => {
  it('is answered like a request of the network', async (t) => {
    const test = testApp(t)
    install(test.app)
    for (const path of ['/x', '/send', '/hijacked']) {
      const answer = await test.app.inject(path)
      assert.equal(answer.statusCode, 500, path)
      assert.deepEqual(bodyOf(answer as never), MASKED)
    }
    assert.equal((await test.app.inject('/fine')).body, 'fine')
    await assert.rejects(test.app.inject('/cut'))
    assert.equal(test.faults.length, 4)
    await assertNothingInFlight(test.app)
  })
})

function appWith(t: TestContext, options: object): { app: FastifyInstance; faults: Fault[] } {
  const faults: Fault[] = []
  const app = Fastify({ forceCloseConnections: true, ...options }) as unknown as FastifyInstance
  app.register(isolate({ onFault: (fault) => void faults.push(fault) }))
  install(app)
  t.after(() => app.close())
  return { app, faults }
}

describe('WebSocket', () => {
  it('a handler that throws costs its connection, and nothing stays in flight', async (t) => {
    const test = testApp(t)
    await test.app.register(websocket)
    test.app.get('/ws', { websocket: true }, (socket) => {
      socket.on('message', () => socket.close())
    })
    test.app.get(
      '/refused',
      { websocket: true, preHandler: async () => Promise.reject(new Error('no')) },
      () => {},
    )
    const port = await test.listen()
    const inFlight = isolatedAppOf(test.app)!.requests
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`)
    await once(socket, 'open')
    assert.equal(inFlight.size, 1)
    socket.send('bye')
    await once(socket, 'close')
    await assertNothingInFlight(test.app)
    const refused = new WebSocket(`ws://127.0.0.1:${port}/refused`)
    const error = await new Promise((resolve) => refused.once('error', resolve))
    assert.match(String(error), /500/)
    await assertNothingInFlight(test.app)
    assert.equal(test.faultLines().length, 1)
    assert.equal(test.faultLines()[0]?.req.route, '/refused')
  })
})

describe('HTTPS', () => {
  it('is answered', async (t) => {
    const { app, faults } = appWith(t, { https: CERTIFICATE })
    const address = await app.listen({ port: 0, host: '127.0.0.1' })
    for (const [path, status] of Object.entries({ '/x': 500, '/fine': 200, '/hijacked': 500 })) {
      const answer = await new Promise<number | undefined>((resolve, reject) => {
        https
          .get(
            address + path,
            { ca: CERTIFICATE.cert, agent: false, servername: 'localhost' },
            (response) => {
              response.resume()
              resolve(response.statusCode)
            },
          )
          .on('error', reject)
      })
      assert.equal(answer, status)
    }
    assert.equal(faults.length, 2)
    await assertNothingInFlight(app)
  })
})

interface StreamAnswer {
  status: number
  body: string
  isAborted: boolean
  rstCode: number | undefined
}

function askStream(session: http2.ClientHttp2Session, path: string): Promise<StreamAnswer> {
  return new Promise((resolve) => {
    const stream = session.request({ ':path': path })
    const answer: StreamAnswer = { status: 0, body: '', isAborted: false, rstCode: undefined }
    stream.setEncoding('utf8')
    stream.on('response', (headers) => {
      answer.status = Number(headers[':status'])
    })
    stream.on('data', (chunk: string) => {
      answer.body += chunk
    })
    stream.on('aborted', () => {
      answer.isAborted = true
    })
    stream.on('error', () => {})
    stream.on('close', () => resolve({ ...answer, rstCode: stream.rstCode }))
  })
}

for (const isSecure of [false, true]) {
  describe(`HTTP/2 ${isSecure ? 'with TLS' : 'without TLS'}`, () => {
    async function connect(t: TestContext) {
      const made = appWith(t, { http2: true, ...(isSecure ? { https: CERTIFICATE } : {}) })
      const address = await made.app.listen({ port: 0, host: '127.0.0.1' })
      const session = http2.connect(address, { ca: CERTIFICATE.cert, servername: 'localhost' })
      session.on('error', () => {})
      t.after(() => session.destroy())
      return { ...made, session }
    }

    it('is answered, on one session, with others beside', async (t) => {
      const { app, faults, session } = await connect(t)
      const paths = ['/x', '/fine', '/send', '/hijacked', '/fine']
      const answers = await Promise.all(paths.map((path) => askStream(session, path)))
      assert.deepEqual(
        answers.map(({ status }) => status),
        [500, 200, 500, 500, 200],
      )
      for (const i of [0, 2, 3]) assert.deepEqual(bodyOf(answers[i] as never), MASKED)
      assert.equal(faults.length, 3)
      await assertNothingInFlight(app)
    })

    it('a stream that fails is reset with an error, and the session stays', async (t) => {
      const { app, faults, session } = await connect(t)
      const [cut, fine] = await Promise.all([askStream(session, '/cut'), askStream(session, '/fine')])
      assert.equal(cut?.status, 200)
      assert.equal(cut?.rstCode, http2.constants.NGHTTP2_INTERNAL_ERROR)
      assert.equal(fine?.body, 'fine')
      assert.equal((await askStream(session, '/fine')).body, 'fine')
      assert.equal(faults.length, 1)
      await assertNothingInFlight(app)
    })

    it('a client that goes away is no fault', async (t) => {
      const { app, faults, session } = await connect(t)
      const stream = session.request({ ':path': '/forever' })
      stream.on('error', () => {})
      const inFlight = isolatedAppOf(app)!.requests
      await until('in flight', () => inFlight.size === 1)
      stream.close(http2.constants.NGHTTP2_CANCEL)
      await assertNothingInFlight(app)
      const endless = session.request({ ':path': '/endless' })
      endless.on('error', () => {})
      await new Promise((resolve) => endless.once('data', resolve))
      endless.close(http2.constants.NGHTTP2_CANCEL)
      await assertNothingInFlight(app)
      const cut = session.request({ ':path': '/endless' })
      cut.on('error', () => {})
      await new Promise((resolve) => cut.once('data', resolve))
      session.destroy()
      await assertNothingInFlight(app)
      assert.equal(faults.length, 0)
    })
  })
}
