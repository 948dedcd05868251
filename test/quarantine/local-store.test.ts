import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StateFile } from '../../src/deaths/state-file.ts'
import { LocalStore } from '../../src/quarantine/local-store.ts'
import { temporaryFolder } from '../support/folder.ts'
import { death, routeState } from '../support/state.ts'

const ROUTE = 'GET /a'

test('the folder keeps each death once, and a route for its build', async (t) => {
  const folder = temporaryFolder(t)
  const open = () => new LocalStore(new StateFile(folder, (message) => assert.fail(message)))
  const [one, other] = [open(), open()]
  for (const store of [one, other]) await store.record(death({ id: 'same', build: '1' }))
  await other.record(death({ id: 'other', build: '1' }))
  await other.record(death({ id: 'older', build: '0' }))
  const idsOf = async (build: string) => (await one.load(build)).deaths.map(({ id }) => id)
  assert.deepEqual(await idsOf('1'), ['same', 'other'])
  assert.deepEqual(await idsOf('0'), ['older'])

  const first = routeState({ build: '1', revision: 1 })
  assert.equal(await one.update({ build: '1', route: ROUTE, from: 0, state: first }), true)
  assert.equal(await other.update({ build: '1', route: ROUTE, from: 0, state: first }), false)
  const second = routeState({ build: '1', revision: 2, status: 'released' })
  assert.equal(await other.update({ build: '1', route: ROUTE, from: 1, state: second }), true)
  assert.deepEqual((await one.load('1')).routes[ROUTE], JSON.parse(JSON.stringify(second)))
  assert.deepEqual((await one.load('2')).routes, {}, 'a new build gives every route a new chance')
  const fresh = routeState({ build: '2', revision: 1 })
  assert.equal(await one.update({ build: '2', route: ROUTE, from: 0, state: fresh }), true)
  assert.deepEqual(Object.keys((await other.load('2')).routes), [ROUTE])
})
