import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StateFile } from '../../src/deaths/state-file.ts'
import { CombinedStore } from '../../src/quarantine/combined-store.ts'
import { LocalStore } from '../../src/quarantine/local-store.ts'
import { redisStore } from '../../src/redis/redis-store.ts'
import { temporaryFolder } from '../support/folder.ts'
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
    await store.record(death())
    const change = { build: BUILD, route: ROUTE, from: 0, state: routeState() }
    assert.deepEqual([await store.update(change), await store.update(change)], [true, false])
    assert.deepEqual(said, ["the store of the quarantine has failed: the recorder's folder takes its place"])

    const { deaths, routes } = (await store.load(BUILD)) ?? { deaths: [], routes: {} }
    assert.deepEqual([deaths.map(({ id }) => id), Object.keys(routes)], [[death().id], [ROUTE]])
    assert.deepEqual(await local().load(BUILD), { deaths, routes }, 'the next process finds it')

    const alone = new CombinedStore(redisStore({ EVAL }), undefined, 20, () => {})
    assert.equal(await alone.load(BUILD), undefined)
    await alone.record(death())
    assert.equal(await alone.update(change), true)
  })
}
