import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addLives } from '../../src/crash-loop/add-lives.ts'
import { parkingAddresses } from '../../src/crash-loop/parked-server.ts'
import { seriesOf, waitBefore } from '../../src/crash-loop/series.ts'
import type { PastLife } from '../../src/deaths/past-life.ts'
import { EMPTY_STATE, type Life } from '../../src/deaths/state.ts'
import { death, life } from '../support/state.ts'

/** Lives of one second each, one after the other; the last ends a second before now. */
function lives(...changes: Partial<Life>[]): Life[] {
  return changes.map((change, i) => {
    const startedAt = NOW - 2_000 * (changes.length - i)
    return life({ id: `life-${i}`, startedAt, endedAt: startedAt + 1_000, ...change })
  })
}

const NOW = 10_000_000
const WINDOW = 60_000
const series = (all: Life[], build = '1.0.0') => seriesOf(all, build, WINDOW, NOW)
const count = (all: Life[], build?: string): number => series(all, build).deaths.length

test('deaths in a row before the app listened, or soon after, are one series', () => {
  const found = series(lives({}, { listenedAt: NOW - 4_000 }, {}))
  assert.deepEqual(
    found.deaths.map(({ id }) => id),
    ['life-0', 'life-1', 'life-2'],
  )
  assert.deepEqual([found.since, found.gaveUpLast], [6_000, false])
  assert.equal(count([]), 0)
  assert.equal(count(lives({ endedAt: undefined }, { endedAt: undefined })), 2, 'an end that nobody knows')
})

test('what ends a series', () => {
  assert.equal(count(lives({}, { how: 'orderly' }, {})), 1)
  assert.equal(count(lives({}, {}, { how: 'signal' })), 0, 'somebody stopped it')
  const served = life({ startedAt: NOW - 100_000, listenedAt: NOW - 99_000, endedAt: NOW - 30_000 })
  assert.equal(count([...lives({}, {}), served]), 2)
  assert.equal(count([...lives({}), { ...served, startedAt: NOW - 1_000, endedAt: NOW + 69_000 }]), 0)
  assert.equal(count(lives({ build: '0.9.0' }, { build: '0.9.0' }, {})), 1, 'a release is a new chance')
  assert.equal(count(lives({}, {}), '2.0.0'), 0)
  const byRequest = { listenedAt: NOW - 3_500, culprit: 'GET /fatal' }
  assert.equal(count(lives({}, {}, byRequest)), 0, 'a request ended it, and its start went well')
  const bootedLong = life({ startedAt: NOW - 400_000, endedAt: NOW - 100 })
  assert.equal(count([bootedLong]), 1, 'one that never listened, however long it tried')
  const longAgo = life({ startedAt: NOW - 700_000, endedAt: NOW - 690_000 })
  assert.equal(count([longAgo]), 0)
})

test('what a clock that was ahead has dated says nothing', () => {
  const ahead = { startedAt: NOW + 8 * 3_600_000, endedAt: NOW + 8 * 3_600_000 + 1_000 }
  for (const how of ['orderly', 'gaveUp'] as const) {
    const { deaths, gaveUpLast } = series([...lives({}, {}), life({ ...ahead, how })])
    assert.deepEqual([deaths.length, gaveUpLast], [2, false], how)
  }
})

test('the guard ends no series by what it does itself', () => {
  const held = lives({}, {}, { how: 'held' }, {})
  assert.equal(count(held), 3)
  assert.equal(series(held).gaveUpLast, false)
  const gaveUp = lives({}, {}, { how: 'gaveUp' })
  assert.deepEqual([count(gaveUp), series(gaveUp).gaveUpLast], [2, true])
  const tried = lives({}, {}, { how: 'gaveUp' }, {})
  assert.deepEqual([count(tried), series(tried).gaveUpLast], [3, false])
})

test('processes that die at the same time are one death', () => {
  const workers = [0, 1, 2, 3].map((i) =>
    life({ id: `first-${i}`, startedAt: NOW - 20_000 + i, endedAt: NOW - 19_000 + i }),
  )
  const again = workers.map((each) => ({
    ...each,
    id: `${each.id}-again`,
    startedAt: each.startedAt + 5_000,
    endedAt: (each.endedAt ?? 0) + 5_000,
  }))
  assert.equal(count([...workers, ...again]), 2)
})

test('the pause doubles from ten seconds to five minutes', () => {
  assert.deepEqual(
    [0, 1, 2, 4, 5, 60, 2_000].map(waitBefore),
    [10_000, 20_000, 40_000, 160_000, 300_000, 300_000, 300_000],
  )
})

test('what the recorder says of a life is added once, and what the guard did to it stands', () => {
  const past = (how: PastLife['how'], id = 'a'): PastLife => ({
    id,
    startedAt: 1_000,
    listenedAt: undefined,
    endedAt: 2_000,
    how,
    because: 'exited with code 3',
    death: how === 'died' ? death({ id }) : undefined,
  })
  const after = (before: Life['how'] | undefined, how: PastLife['how']): string[] => {
    const known = before === undefined ? [] : [life({ id: 'a', how: before })]
    return addLives({ ...EMPTY_STATE, lives: known }, [past(how)]).lives.map((each) => each.how)
  }
  assert.deepEqual(after(undefined, 'died'), ['died'])
  assert.deepEqual(after('died', 'died'), ['died'])
  assert.deepEqual(after('died', 'orderly'), ['orderly'])
  assert.deepEqual(after('held', 'died'), ['held'], 'killed while it was held, the app did nothing')
  assert.deepEqual(after('held', 'signal'), ['signal'])
  assert.deepEqual(after('gaveUp', 'orderly'), ['gaveUp'])
  const [first] = addLives(EMPTY_STATE, [past('died')]).lives
  assert.deepEqual([first?.build, first?.because], ['1.0.0', 'exited with code 3'])
  assert.equal(addLives(EMPTY_STATE, []), EMPTY_STATE)
  const killed = { ...past('died'), death: death({ culprit: 'GET /fatal' }) }
  assert.equal(addLives(EMPTY_STATE, [killed]).lives[0]?.culprit, 'GET /fatal')
})

test('an app is parked where it listened, else on PORT', () => {
  const known = [{ host: '127.0.0.1', port: 3_000 }]
  assert.deepEqual(parkingAddresses(known, { PORT: '4000' }), known)
  assert.deepEqual(parkingAddresses(undefined, { PORT: '4000' }), [{ port: 4_000 }])
  for (const PORT of [undefined, '', '0', 'http', '70000']) {
    assert.deepEqual(parkingAddresses([], { PORT }), [], String(PORT))
  }
})
