import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readFlight } from '../../src/flight/read-flight.ts'
import { type Child, startFixture } from '../support/child.ts'
import { temporaryFolder } from '../support/folder.ts'
import { until } from '../support/until.ts'

const POISON = 'GET /poison'

/** Milliseconds for which the recorder has looked before a process dies. */
const OBSERVED = 1_200

function start(t: TestContext, dir: string, way: string): Promise<Child> {
  const nodeArgs = way === 'memory' ? ['--max-old-space-size=40'] : []
  return startFixture(t, 'quarantine', { env: { SETUP: JSON.stringify({ dir, way }) }, nodeArgs })
}

/** Keeps some of the other routes busy until it is stopped. Returns the statuses of their answers, at least so many. */
function traffic(t: TestContext, child: Child): (least?: number) => Promise<number[]> {
  const statuses: number[] = []
  let isOver = false
  t.after(() => {
    isOver = true
  })
  const client = async (first: number): Promise<void> => {
    for (let i = first; !isOver; i += 3) {
      const { status } = await child.ask(`/${i % 10}`)
      if (!isOver) statuses.push(status)
    }
  }
  const clients = [0, 1].map(client)
  return async (least = 0) => {
    await until(() => statuses.length >= least)
    isOver = true
    await Promise.all(clients)
    return statuses
  }
}

/** For how many milliseconds the recorder of the process that runs has looked. */
function observedIn(dir: string): number {
  const names = readdirSync(dir).filter((name) => name.endsWith('.bin'))
  const flights = names.map((name) => readFlight(readFileSync(join(dir, name))))
  return Math.max(0, ...flights.map((flight) => flight?.observed ?? 0))
}

/** Lets the process die of its route, with others in flight or without. */
async function die(
  t: TestContext,
  dir: string,
  child: Child,
  isQuiet: boolean,
): Promise<[number | null, NodeJS.Signals | null]> {
  const stop = isQuiet ? undefined : traffic(t, child)
  // so that the recorder has seen how often each route is in flight
  await until(() => observedIn(dir) >= OBSERVED)
  void child.ask('/poison')
  const ended = await child.exited
  await stop?.()
  return ended
}

/** How a process ends of its route, and after how many deaths the route is closed. */
const ways: Record<
  string,
  { ended: [number | null, NodeJS.Signals | null]; deaths: number; isQuiet?: boolean }
> = {
  fatal: { ended: [70, null], deaths: 2 },
  exit: { ended: [1, null], deaths: 2 },
  // nobody else asks: the recorder has to look all the same
  abort: { ended: [null, 'SIGABRT'], deaths: 3, isQuiet: true },
  memory: { ended: [null, 'SIGABRT'], deaths: 3 },
}

for (const [way, { ended, deaths, isQuiet = false }] of Object.entries(ways)) {
  test(`a route that kills by ${way} is closed after ${deaths} deaths, and the others serve`, async (t) => {
    const dir = temporaryFolder(t)
    for (let i = 0; i < deaths; i += 1) {
      const child = await start(t, dir, way)
      assert.deepEqual(await die(t, dir, child, isQuiet), ended)
    }
    const child = await start(t, dir, way)
    const stop = traffic(t, child)
    const [refused, post] = await Promise.all([
      child.ask('/poison'),
      child.ask('/poison', { method: 'POST' }),
    ])
    assert.deepEqual([refused.status, refused.headers['retry-after'], post.status], [503, '60', 200])
    const line = await child.line(({ level, msg }) => level === 40 && msg.startsWith(`${POISON} is closed`))
    assert.equal(line.quarantine.deaths.length, deaths)
    assert.match(
      line.msg,
      /To release it: npx fastify-isolate quarantine release 'GET \/poison' --dir \S+, or app/,
    )
    const { event } = await child.line(({ msg }) => msg === 'told')
    assert.deepEqual([event.change, event.route, event.deaths], ['closed', POISON, deaths])
    const statuses = await stop(10)
    assert.deepEqual([...new Set(statuses)], [200])
    child.kill('SIGKILL')
  })
}
