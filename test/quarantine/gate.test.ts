import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import type { RouteState } from '../../src/deaths/route-state.ts'
import { FlightFile } from '../../src/flight/flight-file.ts'
import { END_AT, FLIGHT_VERSION, HEADER_AT, TRIAL_AT } from '../../src/flight/layout.ts'
import { thisProcess } from '../../src/flight/this-process.ts'
import { type IsolateOptions, isolate, type QuarantineEvent } from '../../src/index.ts'
import { temporaryFolder } from '../support/folder.ts'
import { BUILD, MemoryStore } from '../support/memory-store.ts'
import { routeState } from '../support/state.ts'
import { until } from '../support/until.ts'

const MINUTE = 60_000
const ROUTES = 20

type Line = { level: number; msg: string; quarantine?: Record<string, unknown> }

interface Made {
  readonly app: FastifyInstance
  readonly lines: Line[]
  readonly events: QuarantineEvent[]
  status(url: string, method?: 'GET' | 'HEAD' | 'POST'): Promise<number>
}

/** An app of many routes: `/0`, `/1` and so on, each with its HEAD twin, and some more. */
async function make(
  t: TestContext,
  store: MemoryStore,
  { quarantine, ...options }: IsolateOptions = {},
  routes: (app: FastifyInstance) => void = () => {},
): Promise<Made> {
  const lines: Line[] = []
  const events: QuarantineEvent[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Line) }
  const app = Fastify({ logger: { level: 'info', stream }, disableRequestLogging: true })
  const onQuarantine = (event: QuarantineEvent) => void events.push(event)
  app.register(isolate({ quarantine: { store, build: BUILD, ...quarantine }, onQuarantine, ...options }))
  for (let i = 0; i < ROUTES; i += 1) app.get(`/${i}`, async () => ({ i }))
  app.post('/0', async () => ({}))
  routes(app)
  t.after(() => app.close())
  await app.ready()
  return {
    app,
    lines,
    events,
    status: async (url, method = 'GET') => (await app.inject({ url, method })).statusCode,
  }
}

const releases = (lines: readonly Line[]): string[] =>
  lines.flatMap(({ msg }) => (/^GET \S+ is released/.test(msg) ? msg : []))

const warnings = (lines: readonly Line[]): string[] =>
  lines.flatMap(({ level, msg }) => (level === 40 ? msg : []))

test('a route that killed answers 503, and all others serve', async (t) => {
  const store = new MemoryStore()
  store.killedBy('GET /0')
  const told: unknown[] = []
  const subscriber = (message: unknown) => void told.push(message)
  channel('fastify-isolate:quarantine').subscribe(subscriber)
  t.after(() => channel('fastify-isolate:quarantine').unsubscribe(subscriber))
  let ran = 0
  const { app, lines, events, status } = await make(t, store, { log: { window: 10 } }, (instance) => {
    instance.addHook('onSend', async () => void ran++)
  })
  const answer = await app.inject({ url: '/0', headers: { 'x-request-id': 'mine' } })
  assert.equal(answer.statusCode, 503)
  assert.equal(answer.headers['retry-after'], '60')
  assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
  const { requestId, ...body } = answer.json()
  assert.deepEqual(body, { statusCode: 503, error: 'Service Unavailable', message: 'Service Unavailable' })
  assert.ok(requestId)
  const problem = await app.inject({ url: '/0?x', headers: { accept: 'application/problem+json' } })
  assert.equal(problem.headers['content-type'], 'application/problem+json; charset=utf-8')
  const { type, title, status: given } = problem.json()
  assert.deepEqual([type, title, given], ['about:blank', 'Service Unavailable', 503])
  assert.equal(ran, 0, 'nothing of the route runs')
  assert.deepEqual(
    await Promise.all([status('/1'), status('/0', 'HEAD'), status('/0', 'POST')]),
    [200, 200, 200],
  )
  assert.equal(app.isolation.counts.total, 0)

  const [line] = warnings(lines)
  assert.match(
    `${line}`,
    /^GET \/0 is closed and is tried after 2\S+Z: it is known to have caused 2 deaths\. To release it: app\.isolation\.quarantine\.release\('GET \/0'\)$/,
  )
  const closed = lines.find(({ msg }) => msg === line)?.quarantine
  assert.deepEqual([closed?.route, Array.isArray(closed?.deaths) && closed.deaths.length], ['GET /0', 2])
  await until(() => warnings(lines).length > 1)
  assert.equal(warnings(lines)[1], '2 requests were turned away from closed routes')
  assert.deepEqual(
    events.map(({ change, route, deaths, by }) => [change, route, deaths, by]),
    [['closed', 'GET /0', 2, 'deaths']],
  )
  assert.deepEqual(told, events)
  const [listed] = app.isolation.quarantine.list()
  assert.deepEqual(listed && { change: 'closed', ...listed }, events[0])
})

test('one that is closed already is closed in the next process too, and nobody is told twice', async (t) => {
  const store = new MemoryStore()
  store.killedBy('GET /0')
  await make(t, store)
  const { events, lines, status } = await make(t, store)
  assert.equal(await status('/0'), 503)
  assert.deepEqual([events.length, warnings(lines).length], [0, 1])
  assert.equal(store.routes.get('GET /0')?.revision, 1)
})

test('a route is not punished for a trial whose process was ended by a signal', async (t) => {
  const folder = temporaryFolder(t)
  const gone = {
    id: 'gone',
    pid: 4_194_305,
    startedAt: 1_000,
    startTicks: '7',
    listenedAt: 2_000,
    build: BUILD,
  }
  const versions = { node: 'v1', fastify: '5', 'fastify-isolate': '0' }
  const header = { version: FLIGHT_VERSION, ...thisProcess(), ...gone, versions, platform: 'x' }
  const file = new FlightFile(join(folder, 'flight-4194305-1000.bin'), assert.ifError)
  file.open(folder)
  file.writeText(HEADER_AT, JSON.stringify(header))
  file.writeText(TRIAL_AT, 'GET /0')
  file.writeText(END_AT, JSON.stringify({ signal: { name: 'SIGTERM', at: 3_000 } }))
  file.close()
  const store = new MemoryStore()
  // so long ago that others would take it for lost
  const trial = { by: 'gone', until: 90_000 }
  store.routes.set('GET /0', routeState({ build: BUILD, trial }))
  await make(t, store, { recorder: { dir: folder } })
  const { relapses, trial: left } = store.routes.get('GET /0') ?? {}
  assert.deepEqual([relapses, left], [0, undefined])
})

test('a new build gives every route a new chance', async (t) => {
  const store = new MemoryStore()
  store.killedBy('GET /0')
  assert.equal(await (await make(t, store)).status('/0'), 503)
  const { status } = await make(t, store, { quarantine: { store, build: 'next' } })
  assert.equal(await status('/0'), 200)
})

test('a route that is exempt is never closed, nor one that the app does not have', async (t) => {
  const store = new MemoryStore()
  for (const route of ['GET /login', 'GET /gone', 'GET /bare']) store.killedBy(route)
  const { app, status } = await make(t, store, {}, (instance) => {
    instance.get('/login', { config: { isolate: { quarantine: false } } }, async () => ({}))
    instance.get('/bare', { config: { isolate: false } }, async () => ({}))
  })
  assert.deepEqual([await status('/login'), await status('/bare')], [200, 200])
  assert.deepEqual([...store.routes], [])
  for (const route of ['GET /login', 'GET /gone', 'GET /bare']) {
    await assert.rejects(app.isolation.quarantine.close(route, 'why'), { code: 'FST_ISOLATE_BAD_OPTION' })
  }
})

test('closes none where more than a quarter of the routes is to blame, and says so once', async (t) => {
  const store = new MemoryStore()
  // forty names with their twins, and one POST
  for (let i = 0; i < 10; i += 1) store.killedBy(`GET /${i}`)
  const quarter = await make(t, store)
  assert.equal(quarter.app.isolation.quarantine.list().length, 10)
  store.killedBy('GET /10')
  const { app, lines, status } = await make(t, store)
  assert.deepEqual([app.isolation.quarantine.list(), await status('/0'), await status('/10')], [[], 200, 200])
  assert.match(warnings(lines).join(), /^11 of 41 routes are to blame, which is more than a quarter/)
  assert.equal(store.routes.size, 10)
})

test('closes and releases by hand', async (t) => {
  const store = new MemoryStore()
  const { app, events, lines, status } = await make(t, store)
  const { quarantine } = app.isolation
  assert.equal(await quarantine.release('GET /3'), false)
  await quarantine.close('GET /3', 'it eats the database')
  assert.equal(await status('/3'), 503)
  assert.match(warnings(lines).join(), /^GET \/3 is closed until it is released: it eats the database\./)
  assert.deepEqual(
    quarantine.list().map(({ route, by, until: end, evidence }) => [route, by, end, evidence]),
    [['GET /3', 'hand', undefined, 'it eats the database']],
  )
  assert.equal(await quarantine.release('GET /3'), true)
  assert.deepEqual([await status('/3'), quarantine.list()], [200, []])
  assert.deepEqual(
    events.map(({ change, by }) => [change, by]),
    [
      ['closed', 'hand'],
      ['released', 'hand'],
    ],
  )
  assert.deepEqual(releases(lines), ['GET /3 is released: by hand'])
})

test('without the option nothing is closed by hand', async (t) => {
  const app = Fastify()
  app.register(isolate())
  app.get('/', async () => ({}))
  t.after(() => app.close())
  await app.ready()
  const { quarantine } = app.isolation
  assert.deepEqual([quarantine.list(), await quarantine.release('GET /')], [[], false])
  await assert.rejects(quarantine.close('GET /', 'why'), { code: 'FST_ISOLATE_BAD_OPTION' })
})

test('lets one request at a time through when its time is over, and three good trials release it', async (t) => {
  const store = new MemoryStore()
  store.killedBy('GET /slow')
  store.killedBy('GET /0')
  let running = 0
  let most = 0
  let release = () => {}
  const { app, lines, events, status } = await make(
    t,
    store,
    { quarantine: { store, build: BUILD, coolDown: 0 } },
    (instance) => {
      instance.get('/slow', async () => {
        running += 1
        most = Math.max(most, running)
        await new Promise<void>((resolve) => {
          release = resolve
        })
        running -= 1
        return {}
      })
    },
  )
  for (const good of [1, 2, 3]) {
    const tried = status('/slow')
    await until(() => running === 1)
    const answer = await app.inject('/slow')
    assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '1'])
    assert.equal(await status('/0'), 503, 'another route waits for its turn')
    release()
    assert.equal(await tried, 200)
    const answered = performance.now()
    await until(() => store.routes.get('GET /slow')?.goodTrials === good)
    assert.ok(performance.now() - answered > 900, 'the process has to survive it')
  }
  await until(() => app.isolation.quarantine.list().length === 1)
  const last = status('/slow')
  await until(() => running === 1)
  release()
  assert.deepEqual([await last, most], [200, 1])
  assert.deepEqual(
    events.map(({ change }) => change),
    ['closed', 'closed', 'released'],
  )
  assert.deepEqual(releases(lines), ['GET /slow is released: its trials went well'])
})

test('a request that stays keeps the others from their trial for a minute at most', async (t) => {
  const store = new MemoryStore()
  for (const route of ['GET /slow', 'GET /stream', 'GET /0']) store.killedBy(route)
  let release = () => {}
  let stream: ServerResponse | undefined
  const { app, status } = await make(
    t,
    store,
    { quarantine: { store, build: BUILD, coolDown: 0 } },
    (instance) => {
      instance.get('/slow', () => new Promise((resolve) => (release = () => resolve({}))))
      instance.get('/stream', (_request, reply) => {
        reply.hijack()
        stream = reply.raw
        stream.writeHead(200).write('data')
      })
    },
  )
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const trialOf = (route: string) => store.routes.get(route)?.trial
  const settled = async (holds: () => boolean) => {
    for (let turns = 0; !holds() && turns < 10_000; turns += 1) await setImmediate()
    assert.ok(holds(), `${holds}`)
  }
  const slow = status('/slow')
  await settled(() => trialOf('GET /slow') !== undefined)
  t.mock.timers.tick(MINUTE - 1)
  assert.deepEqual([await status('/stream'), await status('/0')], [503, 503])
  t.mock.timers.tick(1)
  await settled(() => trialOf('GET /slow') === undefined)
  assert.equal(
    store.routes.get('GET /slow')?.goodTrials,
    0,
    'it says nothing of a route that has not answered',
  )

  const streaming = app.inject('/stream')
  await settled(() => stream !== undefined)
  release()
  assert.equal(await slow, 200)
  t.mock.timers.tick(1_000)
  await setImmediate()
  assert.equal(await status('/0'), 503, 'the end of a request that is on trial no more ends no other trial')
  t.mock.timers.tick(MINUTE)
  await settled(() => store.routes.get('GET /stream')?.goodTrials === 1)
  stream?.end()
  await streaming
})

test('of several processes one has the trial, and one that is lost closes the route again', async (t) => {
  const store = new MemoryStore()
  store.killedBy('GET /0')
  await make(t, store, { quarantine: { store, build: BUILD, coolDown: 0 } })
  const state = store.routes.get('GET /0')
  assert.ok(state !== undefined)
  const trial = { by: 'elsewhere', until: Date.now() + MINUTE }
  store.routes.set('GET /0', { ...state, revision: 2, trial })
  const busy = await make(t, store, { quarantine: { store, build: BUILD, coolDown: 0 } })
  assert.equal(await busy.status('/0'), 503)
  store.routes.set('GET /0', { ...state, revision: 3, trial: { ...trial, until: Date.now() - 1 } })
  const { events } = await make(t, store)
  assert.deepEqual(
    events.map(({ change, relapses, evidence }) => [change, relapses, evidence]),
    [['closed', 1, 'its trial never ended']],
  )
})

test('a store that is away, hangs or lies costs the boot no more than its time', async (t) => {
  const answers: Record<string, () => Promise<never>> = {
    'it is away': () => Promise.reject(new Error('ECONNREFUSED')),
    'it hangs': () => new Promise(() => {}),
    'it lies': async () => ({ deaths: 7 }) as never,
    'it throws': () => {
      throw new Error('a bug')
    },
  }
  for (const [name, load] of Object.entries(answers)) {
    const store = Object.assign(new MemoryStore(), { load, update: load, record: load })
    const { lines, status } = await make(t, store, { quarantine: { store, build: BUILD, loadTimeout: 50 } })
    assert.equal(await status('/0'), 200, name)
    await until(() => warnings(lines).length > 0)
    assert.deepEqual(warnings(lines), ['the store of the quarantine has failed: nothing is remembered'], name)
  }
})

test('a store that gives nonsense in the middle of a trial keeps no other route from its own', async (t) => {
  const store = new MemoryStore()
  for (const route of ['GET /0', 'GET /1', 'GET /2']) store.killedBy(route)
  const { status } = await make(t, store, { quarantine: { store, build: BUILD, coolDown: 0 } })
  const { load, update } = MemoryStore.prototype
  let tries = 0
  const spoil = (route: string) => {
    tries = 0
    store.update = async () => {
      tries += 1
      return false
    }
    store.load = async (build) => {
      const stored = await load.call(store, build)
      const { [route]: state } = stored.routes
      const nonsense = { ...state, since: 1, deaths: undefined } as unknown as RouteState
      return { ...stored, routes: { ...stored.routes, [route]: nonsense } }
    }
  }
  const mend = () => {
    store.update = update
    store.load = load
  }
  spoil('GET /0')
  assert.equal(await status('/0'), 503, 'its trial cannot begin')
  mend()
  assert.equal(await status('/1'), 200, 'the next route has its trial')
  spoil('GET /1')
  await until(() => tries === 3)
  mend()
  await until(async () => (await status('/2')) === 200)
})
