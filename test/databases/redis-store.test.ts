import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { QuarantineStore } from '../../src/deaths/quarantine-store.ts'
import { fileOf, isProgram, needsRedis } from '../support/docs-code.ts'
import { temporaryFolder } from '../support/folder.ts'
import { madeFile, makeFiles } from '../support/made-files.ts'
import { blocksOf, pages } from '../support/markdown.ts'
import { failsToListen } from '../support/program.ts'
import { death, routeState } from '../support/state.ts'
import { type DatabaseServer, missing, startDatabase } from './servers.ts'

/** A store of a client of its own. */
export interface ConnectedStore {
  readonly store: QuarantineStore
  /** Sends a command to Redis. */
  ask(name: string, ...rest: string[]): Promise<unknown>
  close(): void
}

type Connect = Readonly<Record<string, (port: number, prefix: string) => Promise<ConnectedStore>>>

const PROGRAM = 'test/databases/programs/redis-clients.ts'
const BUILD = '1.0.0'
const ROUTE = 'GET /a'
/** CI has installed it: there a missing one is a fault. */
const skip = process.env.CI === undefined ? (missing('redis') ?? false) : false

const documented = pages().flatMap(blocksOf).filter(needsRedis)

/** By a path that the compiler does not follow: the clients are not installed where it usually runs. */
const { connect } = (await import(new URL('./programs/redis-clients.ts', import.meta.url).href)) as {
  connect: Connect
}

test('the clients are of the types that the store takes, and the code in the docs compiles', () => {
  const complaints = makeFiles({
    folder: 'redis-clients',
    files: documented.map(fileOf),
    beside: [PROGRAM],
    packagesOf: 'test/databases',
  })
  assert.equal(complaints, '')
  assert.ok(documented.length > 0, 'code is found at all')
})

describe('the store in Redis', { skip }, () => {
  let redis: DatabaseServer
  before(async () => {
    redis = await startDatabase('redis')
  })
  after(() => redis.stop())

  test('of the code in the docs: the app listens', async (t) => {
    process.env.REDIS_URL = `redis://127.0.0.1:${redis.port}`
    process.env.STATE_DIRECTORY = temporaryFolder(t)
    const programs = documented.filter(isProgram)
    assert.equal(programs.length, 1)
    for (const block of programs) {
      assert.equal(await failsToListen(madeFile('redis-clients', fileOf(block).name)), undefined)
    }
  })

  for (const [name, connectTo] of Object.entries(connect)) {
    test(`of ${name}`, async (t) => {
      const open = async (): Promise<ConnectedStore> => {
        const connected = await connectTo(redis.port, name)
        t.after(() => connected.close())
        return connected
      }
      const [{ store: one, ask }, { store: other }] = await Promise.all([open(), open()])
      assert.deepEqual(await one.load(BUILD), { deaths: [], routes: {} }, 'nothing is known of a new build')

      const told = { ...death({ id: 'same', culprit: ROUTE, presence: { [ROUTE]: 1 / 3 } }) }
      await Promise.all([one, other, one].map((store) => store.record(told)))
      await other.record(death({ id: 'older', build: '0.9.0' }))
      const { deaths } = await one.load(BUILD)
      assert.deepEqual(deaths, [told], 'a death counts once, and is given back as it was')

      const key = `${name}:{1:${BUILD}}:`
      await Promise.all(Array.from({ length: 120 }, (_, i) => other.record(death({ id: `${i}` }))))
      const ids = (await one.load(BUILD)).deaths.map(({ id }) => id)
      assert.deepEqual(
        ids,
        Array.from({ length: 100 }, (_, i) => `${i + 20}`),
        'the newest are kept',
      )

      const first = routeState({ revision: 1, evidence: 'é "quoted"' })
      const changes = [one, other, one, other].map((store) =>
        store.update({ build: BUILD, route: ROUTE, from: 0, state: first }),
      )
      assert.equal((await Promise.all(changes)).filter(Boolean).length, 1, 'one of many changes the route')
      const { trial: _none, ...rest } = first
      assert.deepEqual((await other.load(BUILD)).routes, { [ROUTE]: rest })
      assert.deepEqual((await other.load('0.9.0')).routes, {}, 'a new build gives every route a new chance')
      const second = routeState({ revision: 2, status: 'released' })
      assert.equal(await other.update({ build: BUILD, route: ROUTE, from: 1, state: second }), true)
      assert.equal((await one.load(BUILD)).routes[ROUTE]?.status, 'released')

      const left = async (): Promise<number[]> =>
        (await Promise.all(['deaths', 'routes'].map((what) => ask('TTL', key + what)))).map(Number)
      assert.ok(
        (await left()).every((seconds) => seconds > 0),
        'a build that no process asks for expires',
      )
      await Promise.all(['deaths', 'routes'].map((what) => ask('EXPIRE', key + what, '1000')))
      await one.load(BUILD)
      assert.ok(
        (await left()).every((seconds) => seconds > 1_000),
        'one that is asked for does not',
      )

      await ask('HSET', `${key}routes`, ROUTE, 'something else')
      await assert.rejects(one.load(BUILD), /delete its keys/)
      await assert.rejects(one.update({ build: BUILD, route: ROUTE, from: 2, state: second }))
      await ask('DEL', `${key}routes`)
      assert.deepEqual((await one.load(BUILD)).routes, {})
    })
  }
})
