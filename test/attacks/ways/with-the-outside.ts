import { exec, spawn } from 'node:child_process'
import dns from 'node:dns'
import { EventEmitter } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import zlib from 'node:zlib'
import { broken, forever, get, later, post, use, type Way } from '../way.ts'

/** A server that closes each connection, in the process of the app. */
function closingServer(): net.Server {
  return net
    .createServer((socket) => socket.destroy())
    .listen(0, '127.0.0.1')
    .unref()
}
const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port

/** Bugs whose error escapes from what is read, sent, connected or started. */
export const withTheOutside: Readonly<Record<string, Way>> = {
  'a pool has no listener for the errors of its connections': later(() => {
    const pool = new EventEmitter()
    setTimeout(() => pool.emit('error', Object.assign(new Error('terminated'), { code: '57P01' })))
  }),
  'a callback of fs throws': later(() => fs.readFile('package.json', (_error, text) => use(text))),
  'a file that is missing is read, unheard': later(() => fs.createReadStream('/does/not/exist')),
  'a body is unpacked, unheard': {
    app: (app) => {
      app.addContentTypeParser('application/gzip', (request, payload, done) => {
        const text = payload.pipe(zlib.createGunzip())
        let size = 0
        text.on('data', (chunk) => {
          size += chunk.length
        })
        text.on('end', () => done(null, size))
        void request
      })
      app.post('/bug', () => 'ok')
    },
    send: { method: 'POST', headers: { 'content-type': 'application/gzip' }, body: 'no gzip' },
  },
  'a content-type parser throws when it has read the body': {
    app: (app) => {
      app.addContentTypeParser('text/bug', (_request, payload, done) => {
        let text = ''
        payload.on('data', (chunk) => {
          text += chunk
        })
        payload.on('end', () => done(null, JSON.parse(text)))
      })
      app.post('/bug', () => 'ok')
    },
    send: { method: 'POST', headers: { 'content-type': 'text/bug' }, body: '{' },
  },
  'a listener on the body throws': {
    app: (app) => {
      app.addContentTypeParser('text/bug', (_request, payload, _done) => {
        payload.on('data', broken)
      })
      app.post('/bug', () => 'ok')
    },
    send: { method: 'POST', headers: { 'content-type': 'text/bug' }, body: 'x'.repeat(200_000) },
  },
  'a connection is refused, unheard': later(() => net.connect(1, '127.0.0.1')),
  'an upstream that the client names is refused, unheard': post(
    (body) => {
      http.get({ host: '127.0.0.1', port: body.port })
      return 'ok'
    },
    { port: 1 },
  ),
  'an upstream closes its connections, unheard': {
    app: (app) => {
      const upstream = closingServer()
      app.get('/bug', async () => {
        http.get({ host: '127.0.0.1', port: portOf(upstream) })
        return forever()
      })
    },
  },
  'the answer of an upstream is parsed in a callback': {
    app: (app) => {
      const upstream = http
        .createServer((_request, response) => response.end('{'))
        .listen(0, '127.0.0.1')
        .unref()
      app.get('/bug', (_request, reply) => {
        http.get({ host: '127.0.0.1', port: portOf(upstream) }, (response) => {
          response.on('data', (chunk) => reply.send(JSON.parse(chunk)))
        })
      })
    },
  },
  'a callback of dns throws': later(() => dns.lookup('localhost', broken)),
  'a program that the client names is missing, unheard': {
    ...post(
      (body) => {
        spawn(body.command)
        return 'ok'
      },
      { command: '/does/not/exist' },
    ),
    times: 50,
  },
  'a callback of exec throws': { ...later(() => exec('exit 1', (_error, text) => use(text))), times: 20 },
  'a worker throws, unheard': { ...later(() => new Worker('throw new Error()', { eval: true })), times: 20 },
  'a worker is out of memory, unheard': {
    ...later(
      () =>
        new Worker('const all = []; for (;;) all.push(new Array(1000).fill(0))', {
          eval: true,
          resourceLimits: { maxOldGenerationSizeMb: 8 },
        }),
    ),
    times: 4,
  },
  'a listener of an AbortSignal throws': later(() =>
    AbortSignal.timeout(1).addEventListener('abort', broken),
  ),
  'a listener on the request’s close throws': later((request) => request.raw.on('close', broken)),
  'a listener on the response’s finish throws': get((_request, reply) => {
    reply.raw.on('finish', broken)
    return 'ok'
  }),
  'a listener on the response’s close throws': get((_request, reply) => {
    reply.raw.on('close', broken)
    return forever()
  }),
  'a listener on the socket’s close throws': later((request) => request.raw.socket.on('close', broken)),
  'a listener on the socket’s data throws': later((request) => request.raw.socket.on('data', broken)),
  'a hook for clients that left throws': get(
    () => forever(),
    {},
    { onRequestAbort: async () => void broken() },
  ),
  'a body is read by a loop, and the client leaves within it': {
    app: (app) => {
      app.addContentTypeParser('text/bug', (_request, payload, done) => {
        void (async () => {
          let size = 0
          for await (const chunk of payload) size += (chunk as Buffer).length
          done(null, size)
        })()
      })
      app.post('/bug', () => 'ok')
    },
    send: {
      raw: 'POST /bug HTTP/1.1\r\nhost: x\r\ncontent-type: text/bug\r\ncontent-length: 9999\r\n\r\nxx',
    },
  },
  'a stream is piped into a response whose client has left': get((_request, reply) => {
    reply.hijack()
    new Readable({
      read() {
        this.push('x'.repeat(65_536))
      },
    }).pipe(reply.raw)
  }),
}
