import crypto from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import zlib from 'node:zlib'
import { FatalError } from '../../../src/index.ts'
import { bomb, holdConnections, makeSick } from '../clients.ts'
import { type Body, get, post, type Way } from '../way.ts'

const kept: unknown[] = []
const cache: Map<string, unknown> = new Map()

/** Bugs that need no error: they end the process, hold it, or use up what it has. */
export const takingTheProcess: Readonly<Record<string, Way>> = {
  'a handler calls process.exit': { ...get(() => process.exit(3)), times: 20 },
  'a handler calls process.exit in a timer': {
    ...get(() => void setTimeout(() => process.exit(), 1)),
    times: 20,
  },
  'a handler calls process.abort': { ...get(() => process.abort()), times: 20 },
  'a handler sets process.exitCode': post(
    (body) => {
      process.exitCode = body.code
      return 'ok'
    },
    { code: 1 },
  ),
  'a FatalError is thrown for input': {
    ...get(() => {
      throw new FatalError('the client says so')
    }),
    times: 20,
    isOfPlugin: true,
  },
  'a regular expression backtracks': {
    ...post((body) => /^(\w+\s?)*$/.test(body.text), { text: `${'word '.repeat(12)}!!!` }),
    times: 20,
  },
  'a loop ends where the client says': {
    ...post(
      (body) => {
        let sum = 0
        for (let n = 0; n < body.n; n += 1) sum += n
        return { sum }
      },
      { n: 1e300 },
    ),
    times: 20,
  },
  'a chain of microtasks ends where the client says': {
    ...post(
      async (body) => {
        for (let n = 0; n < body.n; n += 1) await undefined
        return 'ok'
      },
      { n: 1e300 },
    ),
    times: 20,
  },
  'a chain of ticks ends where the client says': {
    ...post(
      (body) => {
        const next = (n: number): void => {
          if (n < body.n) process.nextTick(next, n + 1)
        }
        next(0)
        return 'ok'
      },
      { n: 1e300 },
    ),
    times: 20,
  },
  'a chain of ticks that throw ends where the client says': {
    ...post(
      (body) => {
        const next = (n: number): void => {
          if (n < body.n) process.nextTick(next, n + 1)
          throw new Error('x')
        }
        process.nextTick(next, 0)
        return 'ok'
      },
      { n: 1e300 },
    ),
    times: 20,
  },
  'a chain of immediates that throw ends where the client says': {
    ...post(
      (body) => {
        const next = (n: number): void => {
          if (n < body.n) setImmediate(next, n + 1)
          throw new Error('x')
        }
        setImmediate(next, 0)
        return 'ok'
      },
      { n: 1e300 },
    ),
    times: 200,
  },
  'a hash is as costly as the client says': {
    ...post(
      (body) => {
        return crypto.pbkdf2Sync('a', 'b', body.rounds, 64, 'sha512').toString('hex')
      },
      { rounds: 2 ** 31 - 1 },
    ),
    times: 20,
  },
  'a power is as high as the client says': {
    ...post((body) => (BigInt(body.base) ** BigInt(body.power)).toString(), { base: 7, power: 3e6 }),
    times: 20,
  },
  'a body is unpacked at once': {
    app: (app) => {
      app.addContentTypeParser(
        'application/gzip',
        { parseAs: 'buffer' },
        async (_request: unknown, body: Buffer) => zlib.gunzipSync(body).length,
      )
      app.post('/bug', () => 'ok')
    },
    attack: (port) => bomb(port),
  },
  'an array is filled as far as the client says': {
    ...post(
      (body) => {
        const all: unknown[] = []
        for (let n = 0; n < body.n; n += 1) all.push({ n })
        return all.length
      },
      { n: 1e9 },
    ),
    times: 20,
  },
  'a cache keeps what every client sends': {
    ...post(
      (body) => {
        cache.set(`${cache.size}`, body)
        return 'ok'
      },
      Array.from({ length: 100_000 }, (_, n) => n),
    ),
    times: 1000,
  },
  'files are opened and never closed': {
    ...get(() => {
      for (let n = 0; n < 100; n += 1) kept.push(fs.openSync('package.json', 'r'))
      return 'ok'
    }),
    times: 20,
  },
  'the client holds all connections': {
    ...get(() => fs.readFileSync('package.json', 'utf8').length),
    attack: (port) => holdConnections(port),
  },
  'a proxy goes where the client says': {
    app: (app) => {
      app.get('/bug', async (request, reply) => {
        const { port } = app.server.address() as { port: number }
        http
          .get({ host: '127.0.0.1', port, path: (request.query as Body).path, agent: false }, (response) =>
            reply.send(response),
          )
          .on('error', (error) => reply.send(error))
        return reply
      })
    },
    send: { path: '/bug?path=/bug%3Fpath=/bug' },
  },
  'requests fail after an error has escaped': {
    app: (app) => {
      app.get('/bug', () => void setTimeout(() => (undefined as Body).x))
      app.get('/fails', (request) => {
        if ('bad' in (request.query as object)) throw new Error('x')
        return 'ok'
      })
    },
    attack: (port) => makeSick(port),
    isOfPlugin: true,
  },
  'a response is as slow as the client reads': {
    ...get((_request, reply) => reply.send('x'.repeat(5_000_000))),
    times: 100,
  },
}
