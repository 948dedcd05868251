import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Blame, type BlameOptions, blame } from '../../src/blame/blame.ts'
import type { Death } from '../../src/deaths/death.ts'
import { simulate } from './simulation.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOW = 1_700_000_000_000

/** A rare route, one that is in flight now and then, and one that always is. */
const PRESENCE = { rare: 0.01, usual: 0.2, always: 1 }
const ARRIVALS = { rare: 0.01, usual: 0.3, always: 0.69 }

let ids = 0
function death(inFlight: readonly string[], more: Partial<Death> = {}): Death {
  ids += 1
  const lives = { startedAt: NOW - HOUR, listenedAt: NOW - HOUR, diedAt: NOW - (100 - ids) * 1_000 }
  const who = { id: String(ids), build: '1', host: 'host', pid: ids }
  const how = { cause: 'sudden', because: 'killed', culprit: undefined } as const
  return {
    ...who,
    ...lives,
    ...how,
    inFlight,
    presence: PRESENCE,
    arrivals: ARRIVALS,
    samples: 1_000,
    ...more,
  }
}

const certain = (culprit: string, more: Partial<Death> = {}): Death =>
  death([culprit, 'always'], { cause: 'fatal', culprit, ...more })

function judge(deaths: readonly Death[], more: Partial<BlameOptions> = {}): Blame {
  return blame(deaths, { now: NOW, routes: 20, deaths: 3, forgivenUntil: () => undefined, ...more })
}

const blamed = (deaths: readonly Death[], more?: Partial<BlameOptions>): string[] =>
  judge(deaths, more).blamed.map(({ route }) => route)

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)

test('blames a rare route that was in flight at three deaths, and not the one that always is', () => {
  assert.deepEqual(blamed(times(2, () => death(['rare', 'always']))), [])
  const three = times(3, () => death(['rare', 'always']))
  assert.deepEqual(blamed(three), ['rare'])
  const [suspect] = judge(three).blamed
  assert.deepEqual([suspect?.deaths, suspect?.certain], [3, 0])
  assert.ok((suspect?.presence ?? 1) < 0.02)
  assert.deepEqual(blamed(three.toReversed()), ['rare'], 'the order of the list says nothing')
})

test('is content with fewer deaths where that is asked for, but never with one', () => {
  assert.deepEqual(
    blamed(
      times(2, () => death(['rare', 'always'])),
      { deaths: 2 },
    ),
    ['rare'],
  )
  assert.deepEqual(blamed([death(['rare'], { samples: 1e9, presence: { rare: 1e-9 } })], { deaths: 2 }), [])
  assert.deepEqual(blamed([certain('rare')], { deaths: 2 }), [])
})

test('blames a route at its second death where the culprit is known, also one that is always in flight', () => {
  assert.deepEqual(blamed([certain('rare')]), [])
  assert.deepEqual(blamed([certain('rare'), certain('rare')]), ['rare'])
  assert.deepEqual(blamed([certain('always'), certain('always')]), ['always'])
  assert.deepEqual(
    blamed(
      times(2, () => certain('rare')),
      { deaths: 4 },
    ),
    [],
  )
  assert.deepEqual(
    blamed(
      times(3, () => certain('rare')),
      { deaths: 4 },
    ),
    ['rare'],
  )
  assert.deepEqual(blamed([certain('rare'), death(['rare', 'always'])]), [])
  assert.deepEqual(blamed([certain('rare'), ...times(2, () => death(['rare', 'always']))]), ['rare'])
})

test('blames two routes that kill by turns, known or not', () => {
  const known = ['rare', 'usual', 'rare', 'usual'].map((route) => certain(route))
  assert.deepEqual(blamed(known).sort(), ['rare', 'usual'])
  const presence = { other: 0.01, rare: 0.01, always: 1 }
  const guessed = times(4, () => [
    death(['rare', 'always'], { presence }),
    death(['other', 'always'], { presence }),
  ])
  assert.deepEqual(blamed(guessed.flat()).sort(), ['other', 'rare'])
})

test('does not choose among routes that are in flight together, and says which they are', () => {
  const presence = { rare: 0.01, twin: 0.01, always: 1 }
  const verdict = judge(times(4, () => death(['always', 'rare', 'twin'], { presence })))
  assert.deepEqual(verdict.blamed, [])
  assert.equal(verdict.undecided?.deaths, 4)
  assert.deepEqual(verdict.undecided?.suspects.map(({ route }) => route).sort(), ['always', 'rare', 'twin'])
})

test('says that nobody can be told from the innocent where only what is always in flight was there', () => {
  const { blamed: none, undecided } = judge(times(20, () => death(['always'])))
  assert.deepEqual(none, [])
  assert.deepEqual(
    undecided?.suspects.map(({ route, deaths }) => [route, deaths]),
    [['always', 20]],
  )
  assert.equal(judge(times(2, () => death(['always']))).undecided, undefined, 'too few to speak of')
  assert.deepEqual(judge(times(3, () => death([]))).undecided?.suspects, [])
})

test('counts an absence against the guess', () => {
  const there = () => death(['usual', 'always'])
  const elsewhere = () => death(['always'])
  assert.deepEqual(blamed(times(6, there)), ['usual'])
  assert.deepEqual(blamed([...times(3, there), ...times(3, elsewhere), ...times(3, there)]), [])
  assert.deepEqual(blamed([...times(2, elsewhere), ...times(6, there)]), [])
})

test('finds a route that begins to kill, however many deaths it had no part in', () => {
  const before = times(30, () => death(['always']))
  assert.deepEqual(blamed([...before, ...times(4, () => death(['rare', 'always']))]), ['rare'])
})

test('counts the newest arrival more, unless it is the newest anyway', () => {
  const first = judge(times(3, () => death(['usual', 'always'])))
  const last = judge(times(3, () => death(['always', 'usual'])))
  const scoreOf = ({ blamed: found, undecided }: Blame): number =>
    [...found, ...(undecided?.suspects ?? [])].find(({ route }) => route === 'usual')?.score ?? 0
  assert.ok(scoreOf(first) > scoreOf(last) + 2)
  // a slow request has a place among the newest only where nobody else is there
  const slow = { presence: { slow: 0.9, fast: 0.01 }, arrivals: { slow: 0.01, fast: 0.99 } }
  assert.deepEqual(blamed(times(9, () => death(['slow'], slow))), [])
})

test('lets what speaks against a route fall with time, and forgets it after a day', () => {
  const three = times(3, () => death(['rare', 'always']))
  const scoreAt = (now: number): number | undefined => judge(three, { now }).blamed[0]?.score
  const now = scoreAt(NOW) as number
  const later = scoreAt(NOW + 2 * HOUR) as number
  assert.ok(later < now && later > now / 2)
  assert.equal(scoreAt(NOW + 23 * HOUR), undefined)
  assert.deepEqual(
    blamed(
      times(5, () => certain('rare')),
      { now: NOW + 25 * HOUR },
    ),
    [],
  )
})

test('knows nothing of deaths that are forgiven, and of processes that never served', () => {
  const deaths = times(3, () => certain('rare'))
  const last = deaths.at(-1)?.diedAt
  assert.deepEqual(blamed(deaths, { forgivenUntil: (route) => (route === 'rare' ? last : undefined) }), [])
  assert.deepEqual(blamed(deaths, { forgivenUntil: (route) => (route === 'usual' ? last : undefined) }), [
    'rare',
  ])
  assert.deepEqual(blamed(times(3, () => certain('rare', { listenedAt: undefined }))), [])
})

test('blames nobody where it is not known how often a route is in flight', () => {
  const unknown = { samples: 0, presence: {}, arrivals: {} }
  const { blamed: none, undecided } = judge(times(6, () => death(['rare', 'usual'], unknown)))
  assert.deepEqual([none, undecided?.suspects.map(({ presence }) => presence)], [[], [undefined, undefined]])
  assert.deepEqual(blamed(times(6, () => death(['always', 'usual'], { arrivals: {} }))), [])
})

test('finds the guilty one of a hundred routes in two to four deaths, and seldom an innocent one', () => {
  const SERIES = 60
  for (const [inFlight, guilty] of [
    [1, 99],
    [5, 50],
    [20, 99],
  ] as const) {
    const { found, innocent, median } = simulate({ routes: 100, inFlight, guilty, least: 2 }, SERIES)
    const what = `${inFlight} in flight: found ${found}, innocent ${innocent}, after ${median}`
    assert.ok(found > 0.9 && innocent <= 0.05, what)
    assert.ok(median !== undefined && median >= 2 && median <= 4, what)
  }
  const usual = simulate({ routes: 100, inFlight: 5, guilty: 99 }, SERIES)
  assert.deepEqual([usual.median, usual.found > 0.9], [3, true])
})

test('blames an innocent route in few series of unrelated deaths, where three in a row would in nearly all', () => {
  const { innocent, coincidence } = simulate({ routes: 20, inFlight: 5, guilty: undefined, least: 2 }, 200)
  assert.ok(innocent <= 0.02, `innocent: ${innocent}`)
  assert.ok(coincidence > 0.9, `coincidence: ${coincidence}`)
})

test('blames nobody in 95 of 100 series of a hundred unrelated deaths', () => {
  const { innocent } = simulate({ routes: 30, inFlight: 3, guilty: undefined, deaths: 100 }, 100)
  assert.ok(innocent <= 0.05, `innocent: ${innocent}`)
})
