/**
 * The server of the fuzzer: every form as a route of two apps, HTTP/1 and HTTP/2. It writes its log to stdout, and
 * answers its parent over IPC. Runs with `--expose-gc`. `SETUP` is a `Setup`.
 */
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGzip } from 'node:zlib'
import cookie from '@fastify/cookie'
import Fastify, { type FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { isolate } from '../../src/index.ts'
import { isolatedAppOf } from '../../src/isolated-app.ts'
import { type Form, GRACE } from './forms/form.ts'
import { FORMS } from './forms/forms.ts'
import { LEAVING, RECYCLES } from './forms/leaving.ts'
import type { Sample, Setup } from './server-process.ts'

/**
 * Milliseconds that requests may need to end once nobody sends any more: Node 20 and 22 forget writes of HTTP/2 streams, which
 * are ended within twenty seconds.
 */
const SETTLING = 30_000
const COLLECTIONS = 6

const collect = globalThis.gc as () => void
const { isOld = false, leave }: Setup = JSON.parse(process.env.SETUP ?? '{}')
const stream = pino.destination({ dest: 1, sync: false })

function addRoutes(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-id', request.id)
  })
  // as @fastify/compress does
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.headers['x-gzip'] === undefined || reply.getHeader('content-encoding') !== undefined)
      return payload
    if (reply.statusCode === 204 || reply.statusCode === 304 || request.method === 'HEAD') return payload
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload
    reply.header('content-encoding', 'gzip').removeHeader('content-length')
    return Readable.from([payload]).pipe(createGzip())
  })
  for (const { name, method = 'GET', route, handler } of [...FORMS, ...Object.values<Form>(LEAVING)])
    app.route({ ...route, method, url: `/${name}`, handler })
}

async function start(http2: boolean): Promise<FastifyInstance> {
  const options = { logger: { level: 'warn', stream }, requestIdHeader: 'x-request-id' }
  const app = (
    http2 ? Fastify({ ...options, http2, http2SessionTimeout: SETTLING / 2 }) : Fastify(options)
  ) as FastifyInstance
  app.register(cookie)
  app.register(
    isolate({
      grace: GRACE,
      log: { burst: Number.POSITIVE_INFINITY },
      classify: ({ error }, proposed) =>
        isOld && proposed === 'recycle' && error !== RECYCLES ? 'contain' : undefined,
      leave: { recycleAfter: isOld ? 0 : Number.POSITIVE_INFINITY, recycleSpread: 0, ...leave },
    }),
  )
  app.register(async (child) => addRoutes(child))
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app
}

const apps = [await start(false), await start(true)]

function inFlight(): string[] {
  return apps.flatMap((app) => Array.from(isolatedAppOf(app)!.requests, (context) => context.snapshot().url))
}

/** What is left when every request is over. */
async function sample(): Promise<Sample> {
  const start = performance.now()
  while (inFlight().length > 0 && performance.now() - start < SETTLING) await sleep(20)
  for (let i = 0; i < COLLECTIONS; i += 1) {
    collect()
    await sleep(10)
  }
  return { heap: process.memoryUsage().heapUsed, inFlight: inFlight() }
}

process.on('message', async () => {
  const taken = await sample()
  await new Promise<void>((resolve) => stream.flush(() => resolve()))
  process.send?.({ sample: taken })
})
process.on('disconnect', () => process.exit(0))
process.channel?.unref()
process.send?.({
  node: process.version,
  ports: apps.map((app) => (app.server.address() as AddressInfo).port),
})
