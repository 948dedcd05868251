import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StateFile } from '../../src/deaths/state-file.ts'
import { runQuarantine } from '../../src/quarantine/cli-quarantine.ts'
import { CombinedStore } from '../../src/quarantine/combined-store.ts'
import { LocalStore } from '../../src/quarantine/local-store.ts'
import { redisStore } from '../../src/redis/redis-store.ts'
import { temporaryFolder } from '../support/folder.ts'
import { MemoryStore } from '../support/memory-store.ts'
import { death, routeState } from '../support/state.ts'

const BUILD = '1.0.0'
const ROUTE = 'GET /a'

/** How a client behaves that does not reach Redis. */
const clients: Record<string, () => Promise<unknown>> = {
  'never answers': () => new Promise(() => {}),
  'is closed': () => Promise.reject(new Error('The client is closed')),
  throws: () => {
    throw new Error('The client is closed')
  },
  'answers nonsense': async () => 'OK',
}

for (const [how, EVAL] of Object.entries(clients)) {
  test(`a client that ${how}: the recorder's folder takes its place, which is said once`, async (t) => {
    const folder = temporaryFolder(t)
    const local = (): LocalStore => new LocalStore(new StateFile(folder, (message) => assert.fail(message)))
    const said: string[] = []
    const store = new CombinedStore(redisStore({ EVAL }), local(), 20, (message) => said.push(message))
    assert.deepEqual(await store.load(BUILD), { deaths: [], routes: {} })
    await store.recordAll([death()], BUILD)
    const change = { build: BUILD, route: ROUTE, from: 0, state: routeState() }
    assert.deepEqual([await store.update(change), await store.update(change)], [true, false])
    assert.deepEqual(said, ["the store of the quarantine has failed: the recorder's folder takes its place"])

    const { deaths, routes } = (await store.load(BUILD)) ?? { deaths: [], routes: {} }
    assert.deepEqual([deaths.map(({ id }) => id), Object.keys(routes)], [[death().id], [ROUTE]])
    assert.deepEqual(await local().load(BUILD), { deaths, routes }, 'the next process finds it')

    const alone = new CombinedStore(redisStore({ EVAL }), undefined, 20, () => {})
    assert.equal(await alone.load(BUILD), undefined)
    await alone.recordAll([death()], BUILD)
    assert.equal(await alone.update(change), true)
  })
}

test('what a store has missed while it was away it is told at the next boot', async (t) => {
  const local = new LocalStore(new StateFile(temporaryFolder(t), (message) => assert.fail(message)))
  await local.record(death({ id: 'missed', build: BUILD }))
  await local.record(death({ id: 'of another build', build: '0' }))
  const remote = new MemoryStore()
  await remote.record(death({ id: 'known', build: BUILD }))
  const store = new CombinedStore(remote, local, 1_000, (message) => assert.fail(message))
  await store.recordAll([death({ id: 'known', build: BUILD }), death({ id: 'new', build: BUILD })], BUILD)
  assert.deepEqual(remote.deaths.map(({ id }) => id).sort(), ['known', 'missed', 'new'])
  const { deaths } = await local.load(BUILD)
  assert.deepEqual(deaths.map(({ id }) => id).sort(), ['known', 'missed', 'new'])
})

test('the later change of a route stands, in the store and in the folder', async (t) => {
  const folder = temporaryFolder(t)
  const file = new StateFile(folder, (message) => assert.fail(message))
  const local = new LocalStore(file)
  await local.startBuild(BUILD)
  const remote = new MemoryStore()
  const store = new CombinedStore(remote, local, 1_000, (message) => assert.fail(message))
  const statusOf = async () => (await store.load(BUILD))?.routes[ROUTE]?.status
  const change = { build: BUILD, route: ROUTE }
  await remote.update({ ...change, from: 0, state: routeState({ revision: 3, until: undefined }) })
  assert.equal(await statusOf(), 'closed')

  // what the log tells to do
  runQuarantine({ folder, action: 'release', route: ROUTE, reason: undefined, asJson: false })
  assert.equal(await statusOf(), 'released')
  assert.deepEqual([remote.routes.get(ROUTE)?.status, remote.routes.get(ROUTE)?.revision], ['released', 4])

  const again = routeState({ revision: 5, since: Date.now() + 1_000 })
  await remote.update({ ...change, from: 4, state: again })
  assert.equal(await statusOf(), 'closed')
  assert.deepEqual((await local.load(BUILD)).routes[ROUTE], again)

  const released = { ...again, revision: 6, status: 'released', since: Date.now() + 86_400_000 } as const
  await local.update({ ...change, from: 5, state: released })
  assert.equal(await statusOf(), 'closed', 'a clock that is a day ahead says nothing')
})
