import { EventEmitter } from 'node:events'
import websocket from '@fastify/websocket'
import { resetStreams, sendMessages, sweepDepths } from '../clients.ts'
import { type Body, broken, forever, get, type Way } from '../way.ts'

const UPGRADE = 'GET /bug HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'

/** Bugs in what is told of connections, and requests that are no plain ones. */
export const onConnections: Readonly<Record<string, Way>> = {
  'an upgrade listener throws': {
    app: (app) => app.server.on('upgrade', broken),
    send: { raw: UPGRADE },
  },
  'an upgrade listener forgets a promise': {
    app: (app) => app.server.on('upgrade', async () => broken()),
    send: { raw: UPGRADE },
  },
  'a connect listener throws': {
    app: (app) => app.server.on('connect', broken),
    send: { raw: 'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n' },
  },
  'a connection listener throws': {
    ...get(() => 'ok'),
    app: (app) =>
      app.server.on('connection', (socket) => {
        socket.once('data', (chunk: Buffer) => {
          if (chunk.includes('/bug')) broken()
        })
      }),
  },
  'a checkContinue listener throws': {
    app: (app) => app.server.on('checkContinue', broken),
    send: { method: 'POST', headers: { expect: '100-continue' } },
  },
  'a clientError listener throws': {
    app: (app) => app.server.prependListener('clientError', broken),
    send: { raw: 'nonsense\r\n\r\n' },
  },
  'a request listener throws': {
    app: (app) => app.server.on('request', (request) => void (request.url === '/bug' && broken())),
  },
  'an unknown expectation, trailers and chunks that lie': {
    ...get(() => 'ok'),
    send: [
      { headers: { expect: 'x' } },
      {
        raw: 'POST /bug HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx: y\r\n\r\n',
      },
      { raw: 'POST /bug HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n' },
      {
        raw: 'POST /bug HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      },
    ],
  },
  'a URL cannot be decoded': {
    app: (app) => app.get('/bug/:id', (request) => request.params),
    send: [{ path: '/bug/%' }, { path: '/bug/%ff' }, { path: '//' }, { path: '*', method: 'OPTIONS' }],
  },
  'a session of HTTP/2 opens streams and resets them': {
    ...get(forever),
    attack: resetStreams,
    http2: true,
  },
  'a listener on a stream of HTTP/2 throws': {
    ...get((request) => {
      ;(request.raw as unknown as { stream: EventEmitter }).stream.on('close', broken)
      return forever()
    }),
    attack: resetStreams,
    http2: true,
  },
  'a listener of a WebSocket throws': {
    app: async (app) => {
      await app.register(websocket)
      app.get('/bug', { websocket: true }, (socket) => {
        socket.on('message', (data: Buffer) => JSON.parse(String(data)))
      })
    },
    attack: sendMessages,
  },
  'a handler of a WebSocket rejects': {
    app: async (app) => {
      await app.register(websocket)
      app.get('/bug', { websocket: true }, async () => void broken())
    },
    attack: sendMessages,
  },
  'a recursion answers at the end of the stack': {
    ...get((request, reply) => {
      const down = (n: number): unknown => (n > 0 ? down(n - 1) : reply.send({ ok: true }))
      void down(Number((request.query as Body).n))
      return reply
    }),
    attack: (port) => sweepDepths(port, '/bug'),
  },
  'a recursion logs, emits, waits and ticks at the end of the stack': {
    ...get((request, reply) => {
      const emitter = new EventEmitter()
      const end = (): void => {
        request.log.info('at the end')
        emitter.once('x', () => {})
        emitter.emit('x')
        process.nextTick(() => {})
        setImmediate(() => {})
        setTimeout(() => {}, 1)
        void Promise.resolve().then(() => {})
      }
      const down = (n: number): void => (n > 0 ? down(n - 1) : end())
      down(Number((request.query as Body).n))
      reply.send('ok')
    }),
    attack: (port) => sweepDepths(port, '/bug'),
  },
  'a recursion within a timer answers at the end of the stack': {
    ...get((request, reply) => {
      const down = (n: number): unknown => (n > 0 ? down(n - 1) : reply.send({ ok: true }))
      setTimeout(down, 1, Number((request.query as Body).n))
      return reply
    }),
    attack: (port) => sweepDepths(port, '/bug'),
  },
}
