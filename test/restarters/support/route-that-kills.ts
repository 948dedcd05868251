import assert from 'node:assert/strict'
import { type AppProcess, awaitApp } from './app-client.ts'
import { eventually } from './eventually.ts'
import { Load, type Sent } from './load.ts'
import type { Restarter, Scenario } from './restarter.ts'
import { type Trial, withApp } from './scenarios.ts'

const RATE = 50
const OTHERS = 20
/** Answers of a process before the route kills it: so long the recorder learns how often each route is in flight. */
const LEARNED = 75
/** Requests of the others that are counted once the route is closed. */
const COUNTED = 150

/** How a route kills its process, and how many deaths it takes to be sure of it. */
const WAYS = {
  'aborts natively': { deaths: 3, code: 'process.abort()' },
  'runs out of memory': {
    deaths: 3,
    code: "const kept = []; for (;;) kept.push({ text: 'x'.repeat(50) + kept.length })",
  },
  'calls process.exit(1)': { deaths: 2, code: 'process.exit(1)' },
  'throws a FatalError': { deaths: 2, code: "throw new FatalError('The invariant is broken')" },
} as const

/** Kept small, so that a route fills it at once. */
const HEAP = '--max-old-space-size=48'

/** A route kills its process again and again: it is closed, the others serve, and once released it serves too. */
export function closesRoute(restarter: () => Restarter, way: keyof typeof WAYS): Scenario {
  const { deaths, code } = WAYS[way]
  const routes = `const { existsSync, readFileSync, writeFileSync } = await import('node:fs')
const mended = REPORT_DIR + '/mended'
app.get('/poison', async () => {
  if (existsSync(mended)) return me
  await sleep(2)
  ${code}
})
app.post('/mend', async () => writeFileSync(mended, ''))
app.get('/folder', async () => REPORT_DIR)
app.get('/state', async () => readFileSync(REPORT_DIR + '/state.json', 'utf8'))
for (let i = 0; i < ${OTHERS}; i += 1) {
  app.get('/' + i, async () => {
    await sleep(5 + i)
    return me
  })
}`
  return {
    name: `a route that ${way}`,
    run: () =>
      withApp(restarter(), (trial) => closedAndReleased(trial, deaths), {
        boot: routes,
        options: 'recorder: { dir: REPORT_DIR }, quarantine: {}',
        nodeFlags: way === 'runs out of memory' ? [HEAP] : [],
      }),
  }
}

async function closedAndReleased(trial: Trial, most: number): Promise<string> {
  const { app, running } = trial
  let current = await awaitApp(app)
  const load = new Load(app.port, { keepAlive: false, rate: RATE, pathOf: (count) => `/${count % OTHERS}` })
  const answered = (since: number): number =>
    load.sent.slice(since).filter(({ startedAt }) => startedAt === current.startedAt).length

  for (let deaths = 0; deaths < most; deaths += 1) {
    const since = load.sent.length
    await eventually('the process to serve', 30_000, () => answered(since) >= LEARNED)
    const { status } = await load.send('/poison')
    assert.ok(status === undefined || status === 500, `answer ${status} after ${deaths} deaths`)
    current = await nextProcess(trial, current)
  }

  const first = load.sent.length
  const isRefused = async (): Promise<void> => {
    const { status, headers } = await fetch(`http://127.0.0.1:${app.port}/poison`)
    assert.equal(status, 503, `after ${most} deaths`)
    assert.ok(Number(headers.get('retry-after')) > 0)
  }
  await isRefused()
  await eventually('others to be served', 60_000, () => answered(first) >= COUNTED)
  await isRefused()

  await fetch(`http://127.0.0.1:${app.port}/mend`, { method: 'POST' })
  const folder = await (await fetch(`http://127.0.0.1:${app.port}/folder`)).text()
  const said = await running.cli?.('quarantine', 'release', 'GET /poison', '--dir', folder)
  assert.equal(said?.trim(), 'GET /poison is released.')
  await eventually('the route to serve again', 30_000, async () => {
    const { status } = await fetch(`http://127.0.0.1:${app.port}/poison`)
    return status === 200
  })
  const state = await fetch(`http://127.0.0.1:${app.port}/state`)
  assert.equal(state.status, 200, 'the app can no longer read what the operator has changed')
  await load.end()
  const others = load.sent.slice(first)
  assert.deepEqual(
    others.filter((sent) => !isServedBy(current, sent)),
    [],
    'lost after the route was closed',
  )
  return `closed after ${most} deaths; ${others.length} requests to others from then on: 0 lost; released, it serves again`
}

async function nextProcess({ app }: Trial, { startedAt }: AppProcess): Promise<AppProcess> {
  return eventually('a new process', 60_000, async () => {
    const next = await awaitApp(app)
    return next.startedAt !== startedAt && next
  })
}

function isServedBy({ startedAt }: AppProcess, sent: Sent): boolean {
  return sent.status === 200 && sent.startedAt === startedAt
}
