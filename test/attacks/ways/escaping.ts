import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Body, broken, json, later, post, use, type Way } from '../way.ts'

const shared = new EventEmitter().setMaxListeners(0)

/** Each costs as much as a thousand others. */
const fewer = (way: Way): Way => ({ ...way, times: 20 })
const many = (n: number, value: unknown = 0): unknown[] => Array.from({ length: n }, () => value)

/** Bugs whose error escapes to the process: most of them end the process of bare Fastify. */
export const escaping: Readonly<Record<string, Way>> = {
  'a promise is forgotten, and rejects': later(() => void sleep(1).then(broken)),
  'a promise is forgotten for each item of the body': fewer(
    post((body) => {
      for (const item of body) void (async () => use(item))()
      return 'ok'
    }, many(2000)),
  ),
  'a promise is forgotten for each item of a large body': {
    ...post((body) => {
      for (const item of body) void (async () => use(item))()
      return 'ok'
    }, many(100_000)),
    times: 1,
  },
  'a timer throws': later(() => setTimeout(broken)),
  'a timer throws for each item of the body': fewer(
    post((body) => {
      for (const item of body) setTimeout(() => use(item))
      return 'ok'
    }, many(2000)),
  ),
  'a timer throws for each item of a large body': {
    ...post((body) => {
      for (const item of body) setTimeout(() => use(item))
      return 'ok'
    }, many(100_000)),
    times: 1,
  },
  'an interval throws and is never cleared': {
    ...later(() => setInterval(broken, 1)),
    times: 2000,
  },
  'an immediate throws': later(() => setImmediate(broken)),
  'a tick throws': later(() => process.nextTick(broken)),
  'a tick throws for each item of the body': fewer(
    post((body) => {
      for (const item of body) process.nextTick(() => use(item))
      return 'ok'
    }, many(2000)),
  ),
  'a tick throws for each item of a large body': {
    ...post((body) => {
      for (const item of body) process.nextTick(() => use(item))
      return 'ok'
    }, many(100_000)),
    times: 1,
  },
  'a stream fails for each item of the body, unheard': fewer(
    post((body) => {
      for (const item of body) new Readable({ read() {} }).destroy(new Error(String(item)))
      return 'ok'
    }, many(2000)),
  ),
  'a microtask throws': later(() => queueMicrotask(broken)),
  'a microtask throws for each item of the body': fewer(
    post((body) => {
      for (const item of body) queueMicrotask(() => use(item))
      return 'ok'
    }, many(2000)),
  ),
  'an emitter emits the event that the client names': post(
    (body) => {
      setImmediate(() => new EventEmitter().emit(body.type, body))
      return 'ok'
    },
    { type: 'error', message: 'x' },
    { type: 'newListener' },
  ),
  'the request and the response emit the event that the client names': {
    app: (app) =>
      app.post('/bug', (request, reply) => {
        const { type } = request.body as Body
        request.raw.emit(type, request.body)
        reply.raw.emit(type, request.body)
        return 'ok'
      }),
    send: ['error', 'close', 'finish', 'drain', 'timeout', 'end', 'data', 'free'].map((type) =>
      json({ type }),
    ),
  },
  'a listener of a shared emitter throws': later(() => {
    shared.once('event', broken)
    setImmediate(() => shared.emit('event'))
  }),
  'a recursion within a timer is as deep as the client says': {
    ...post((body) => {
      setTimeout(() => {
        const depth = (value: Body): number => 1 + Math.max(0, ...Object.values(value ?? {}).map(depth))
        depth(body)
      })
      return 'ok'
    }),
    send: json(`${'[1,'.repeat(40_000)}1${']'.repeat(40_000)}`),
  },
  'the app exits in its own listener of uncaughtException, and a timer throws': {
    app: (app) => {
      process.on('uncaughtException', () => process.exit(1))
      app.get('/bug', () => void setTimeout(broken))
    },
  },
  'all listeners of the process are removed, and a timer throws': later(() => {
    process.removeAllListeners()
    setTimeout(broken, 1)
  }),
}
