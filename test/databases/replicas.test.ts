import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readFlight } from '../../src/flight/read-flight.ts'
import { type Child, startProgram } from '../support/child.ts'
import { temporaryFolder } from '../support/folder.ts'
import { until } from '../support/until.ts'
import { missing, startDatabase } from './servers.ts'

const PROGRAM = fileURLToPath(new URL('./programs/replica.ts', import.meta.url))
/** How many copies of the recorder tell how often a route is in flight. */
const COPIES = 30
/** CI has installed it: there a missing one is a fault. */
const skip = process.env.CI === undefined ? (missing('redis') ?? false) : false

function copiesIn(dir: string): number {
  const names = readdirSync(dir).filter((name) => name.endsWith('.bin'))
  const flights = names.map((name) => readFlight(readFileSync(join(dir, name))))
  return Math.max(0, ...flights.map((flight) => flight?.vitals?.copies ?? 0))
}

async function statusesOf(replica: Child, ...paths: string[]): Promise<number[]> {
  return (await Promise.all(paths.map((path) => replica.ask(path)))).map(({ status }) => status)
}

function closedIn(replica: Child): string[] {
  return replica.log().flatMap(({ msg }) => /^(GET \/\w+) is closed/.exec(msg)?.[1] ?? [])
}

test('three replicas that died once each close the route, also where a disk is new or Redis is away', {
  skip,
}, async (t: TestContext) => {
  const redis = await startDatabase('redis')
  t.after(() => redis.stop())
  const start = async (dir: string): Promise<Child> => {
    const replica = await startProgram(t, PROGRAM, {
      env: { SETUP: JSON.stringify({ dir, redis: redis.port }) },
    })
    // its log may come later than its ready line: what it says while it boots comes before this
    await replica.line(({ msg }) => msg?.startsWith('Server listening'))
    return replica
  }

  const dirs = [1, 2, 3].map(() => temporaryFolder(t))
  const die = async (dir: string): Promise<void> => {
    const replica = await start(dir)
    await until(async () => {
      await replica.ask('/1')
      return copiesIn(dir) >= COPIES
    })
    void replica.ask('/killed')
    assert.deepEqual(await replica.exited, [null, 'SIGKILL'])
  }
  await Promise.all(dirs.map(die))

  // each tells of its own death alone; the last one knows all of them
  const again: Child[] = []
  for (const dir of dirs) again.push(await start(dir))
  assert.deepEqual(again.map(closedIn), [[], [], ['GET /killed']])
  const [first, second, third] = again as [Child, Child, Child]
  assert.deepEqual(await statusesOf(third, '/killed', '/1'), [503, 200])
  const { quarantine } = await third.line(({ msg }) => msg.startsWith('GET /killed is closed'))
  assert.equal(quarantine.deaths.length, 3)

  // what a process sees of its own end it tells itself: its disk may be gone
  for (const replica of [first, second]) {
    void replica.ask('/fatal')
    assert.deepEqual(await replica.exited, [70, null])
  }
  const newDisk = temporaryFolder(t)
  const fresh = await start(newDisk)
  assert.deepEqual(closedIn(fresh).sort(), ['GET /fatal', 'GET /killed'])
  assert.deepEqual(await statusesOf(fresh, '/fatal', '/killed', '/1'), [503, 503, 200])

  await redis.crash()
  for (const replica of [fresh, third]) {
    replica.kill('SIGTERM')
    await replica.exited
  }
  const alone = await start(newDisk)
  assert.deepEqual(closedIn(alone).sort(), ['GET /fatal', 'GET /killed'], 'its folder knows what Redis knew')
  const away = alone.log().filter(({ msg }) => msg.startsWith('the store of the quarantine has failed'))
  assert.equal(away.length, 1)
  assert.deepEqual(await statusesOf(alone, '/fatal', '/killed', '/1'), [503, 503, 200])
})
