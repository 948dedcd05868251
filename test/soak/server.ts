/**
 * The server of the soak: the catalogues of faults and escapes as routes of two apps, HTTP/1 and HTTP/2, beside
 * routes that are healthy. It writes its log to stdout and answers its parent over IPC. Runs with `--expose-gc`.
 */
import type { Server } from 'node:http'
import type { Http2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { ESCAPES } from '../../demo/escapes.ts'
import { CALL_BUGS } from '../../demo/faults.ts'
import { isolate } from '../../src/index.ts'
import { isolatedAppOf } from '../../src/isolated-app.ts'
import { catalogue, GRACE, SECRET, shared } from '../fixtures/escape-catalogue.ts'
import { addHealthyRoutes } from './healthy-routes.ts'
import type { Sample } from './sample.ts'

/** What a collection frees at once, what finalizers free, and what was compiled take more than one. */
const COLLECTIONS = 8
/** Milliseconds that requests and what they opened may need to end once nobody sends any more. */
const SETTLING = 20_000
/**
 * Milliseconds. Node keeps an ended session until its timeout has run out, also without Fastify: by Fastify's default,
 * 72 s, those of the whole soak would add up.
 */
const SESSION_TIMEOUT = 10_000
/** Milliseconds after which a stream whose connection has ended is one that Node has forgotten. */
const QUIET = 2000

const collect = globalThis.gc as () => void
const stream = pino.destination({ dest: 1, sync: false })

function addEverything(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.headers['x-tell'] !== undefined) process.send?.({ arrived: request.id })
    done()
  })
  for (const group of Object.values(catalogue)) {
    for (const [name, { client, route, handler }] of Object.entries(group)) {
      const method = client?.endsWith('post') ? 'POST' : 'GET'
      app.route({ ...route, method, url: `/${name}/:id`, handler })
    }
  }
  for (const { path, options, handler } of [...CALL_BUGS, ...ESCAPES])
    app.get(`/demo${path}/:id`, options ?? {}, handler)
  // 'shared-emitter' emits what this request listens to
  app.get('/listen', async () => {
    shared.once('event', () => {
      throw new Error(SECRET)
    })
    return {}
  })
  app.get('/plain', async () => ({}))
  addHealthyRoutes(app)
}

async function start(http2: boolean): Promise<FastifyInstance> {
  const options = { logger: { level: 'warn', stream }, requestIdHeader: 'x-request-id' }
  const app = (
    http2 ? Fastify({ ...options, http2, http2SessionTimeout: SESSION_TIMEOUT }) : Fastify(options)
  ) as FastifyInstance
  app.register(
    isolate({
      grace: GRACE,
      leave: { recycleAfter: Number.POSITIVE_INFINITY },
      log: { burst: Number.POSITIVE_INFINITY },
    }),
  )
  app.register(async (child) => addEverything(child))
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app
}

// made on first use, which may be that of a worker
for (const output of [process.stdout, process.stderr]) output.on('error', () => {})
// one listener for each request that waits for its emitter
shared.setMaxListeners(0)
const apps = [await start(false), await start(true)]

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

function listeners(): Record<string, number> {
  const emitters = { process, shared, http: apps[0]?.server, http2: apps[1]?.server }
  const counts: Record<string, number> = {}
  for (const [name, emitter] of Object.entries(emitters)) {
    for (const event of emitter?.eventNames() ?? [])
      counts[`${name} ${String(event)}`] = emitter?.listenerCount(event) ?? 0
  }
  return counts
}

function inFlight(): string[] {
  return apps.flatMap((app) => Array.from(isolatedAppOf(app)!.requests, (context) => context.snapshot().url))
}

/**
 * About one in a thousand HTTP/2 responses that lose their connection while they are written never closes, in bare
 * Node too: its last write is never called back. They are closed here, and told of.
 */
function closeLeftStreams(): number {
  let closed = 0
  for (const { reply } of apps.flatMap((app) => [...isolatedAppOf(app)!.requests])) {
    const { stream } = (reply?.raw ?? {}) as { stream?: Http2Stream }
    if (stream?.session?.closed !== true || stream.destroyed) continue
    stream.destroy()
    closed += 1
  }
  return closed
}

/** What is left when every request is over. The timers of others' pools have their time to run out. */
async function sample(isIdle: (resources: Record<string, number>) => boolean): Promise<Sample> {
  const start = performance.now()
  let leftStreams = 0
  while (inFlight().length > 0 || !isIdle(tally(process.getActiveResourcesInfo()))) {
    const waited = performance.now() - start
    if (waited > SETTLING) break
    if (waited > QUIET) leftStreams += closeLeftStreams()
    await sleep(50)
  }
  for (let i = 0; i < COLLECTIONS; i += 1) {
    collect()
    await sleep(25)
  }
  const counts = apps.map((app) => app.isolation.counts.origin)
  return {
    heap: process.memoryUsage().heapUsed,
    resources: tally(process.getActiveResourcesInfo().filter((name) => name !== 'Timeout')),
    listeners: listeners(),
    inFlight: inFlight(),
    leftStreams,
    counts: Object.fromEntries(
      Object.keys(counts[0] ?? {}).map((origin) => [
        origin,
        counts.reduce((sum, count) => sum + count[origin as keyof typeof count], 0),
      ]),
    ),
  }
}

let idle: Record<string, number> | undefined
process.on('message', async (message) => {
  // what pools keep open for some seconds is waited for but once
  const most = message === 'last' ? idle : undefined
  // one row fetches from this very server, and its pool would keep that connection for longer
  if (message === 'last') for (const { server } of apps) (server as Partial<Server>).closeIdleConnections?.()
  const taken = await sample((resources) => isAtMost(resources, most ?? resources))
  idle ??= taken.resources
  await new Promise<void>((resolve) => stream.flush(() => resolve()))
  process.send?.({ sample: taken })
})

function isAtMost(found: Record<string, number>, most: Record<string, number>): boolean {
  return Object.entries(found).every(([name, count]) => name === 'Timeout' || count <= (most[name] ?? 0))
}

process.on('disconnect', () => process.exit(0))
process.send?.({
  node: process.version,
  ports: apps.map((app) => (app.server.address() as AddressInfo).port),
})
