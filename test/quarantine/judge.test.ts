import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Death } from '../../src/deaths/death.ts'
import type { RouteState } from '../../src/deaths/route-state.ts'
import { judge, type Ruling } from '../../src/quarantine/judge.ts'
import {
  afterGoodTrial,
  closedByHand,
  closedFor,
  isClosed,
  isHalfOpen,
  onTrial,
  releasedByHand,
} from '../../src/quarantine/transitions.ts'
import { death } from '../support/state.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOW = 1_700_000_000_000
const ABOUT = { build: '1', now: NOW, coolDown: MINUTE }
const CAUSE = { deaths: ['a', 'b'], evidence: 'it killed' }

const killedBy = (culprit: string, at: number, id = `${culprit} ${at}`): Death =>
  death({ id, culprit, inFlight: [culprit], listenedAt: at - 1, diedAt: at, because: 'it ran away' })

function rule(deaths: Death[], routes: Record<string, RouteState> = {}, exempt?: string): Ruling {
  return judge({ deaths, routes }, { now: NOW, routes: 20, deaths: 3, mayClose: (route) => route !== exempt })
}

const closedIn = (...args: Parameters<typeof rule>): string[] =>
  rule(...args).sentences.map(({ route }) => route)

test('closes a route for its deaths, and says why', () => {
  const deaths = [killedBy('GET /a', NOW - 2_000, 'one'), killedBy('GET /a', NOW - 1_000, 'two')]
  const { sentences } = rule(deaths)
  assert.deepEqual(sentences, [
    { route: 'GET /a', deaths: ['one', 'two'], evidence: 'it is known to have caused 2 deaths' },
  ])
  assert.deepEqual(closedIn(deaths, {}, 'GET /a'), [], 'a route that is exempt')
})

test('closes a route again when it kills on trial, and for no death that it was closed for', () => {
  const deaths = [killedBy('GET /a', NOW - 2_000), killedBy('GET /a', NOW - 1_500)]
  const closed = closedFor(undefined, CAUSE, { ...ABOUT, now: NOW - 1_000 })
  assert.deepEqual(closedIn(deaths, { 'GET /a': closed }), [])
  const onceMore = [...deaths, killedBy('GET /a', NOW - 500, 'third')]
  assert.deepEqual(closedIn(onceMore, { 'GET /a': closed }), [], 'a process that did not know of it yet')
  const { sentences } = rule(onceMore, { 'GET /a': onTrial(closed, 'third', NOW + HOUR) })
  assert.deepEqual(sentences, [
    { route: 'GET /a', deaths: ['third'], evidence: 'it killed again: it ran away' },
  ])
  const byHand = closedByHand(undefined, 'noisy', '1', NOW - 1_000)
  assert.deepEqual(closedIn([killedBy('GET /a', NOW - 500)], { 'GET /a': byHand }), [])
})

test('blames nobody else for the deaths that a route was closed for', () => {
  const presence = { 'GET /a': 0.001, 'GET /b': 0.02, 'GET /c': 0.9 }
  const seen = { presence, arrivals: { 'GET /a': 0.1, 'GET /b': 0.1, 'GET /c': 0.8 }, samples: 1_000 }
  const deaths = ['one', 'two', 'three'].map((id, i) =>
    death({ id, listenedAt: 1, diedAt: NOW - 5_000 + i, ...seen, inFlight: ['GET /a', 'GET /b', 'GET /c'] }),
  )
  const [sentence, ...others] = rule(deaths).sentences
  assert.deepEqual([sentence?.route, others], ['GET /a', []])
  assert.match(`${sentence?.evidence}`, /^it was in flight at 3 deaths, and otherwise 0\.\d+ % of the time$/)
  const cause = sentence as NonNullable<typeof sentence>
  const closed = closedFor(undefined, cause, { ...ABOUT, now: NOW - 4_000 })
  assert.deepEqual(closedIn(deaths, { 'GET /a': closed }), [])
  assert.deepEqual(closedIn(deaths, { 'GET /a': releasedByHand(closed, NOW - 3_000) }), [])
})

test('is closed for twice as long each time, at most for an hour', () => {
  let state = closedFor(undefined, CAUSE, ABOUT)
  assert.deepEqual([state.revision, state.relapses, state.until], [1, 0, NOW + MINUTE])
  const minutes: number[] = []
  for (let i = 0; i < 7; i += 1) {
    state = closedFor(state, { deaths: [`${i}`], evidence: 'again' }, ABOUT)
    minutes.push(((state.until as number) - NOW) / MINUTE)
  }
  assert.deepEqual(minutes, [2, 4, 8, 16, 32, 60, 60])
  assert.deepEqual(state.deaths.slice(0, 3), ['a', 'b', '0'])
  const patient = closedFor(undefined, CAUSE, { ...ABOUT, coolDown: 2 * HOUR })
  assert.equal(patient.until, NOW + 2 * HOUR, 'a longer one that was asked for')
})

test('is half open once its time is over, and released by three good trials in a row', () => {
  let state = closedFor(undefined, CAUSE, ABOUT)
  assert.deepEqual([isHalfOpen(state, NOW + MINUTE - 1), isHalfOpen(state, NOW + MINUTE)], [false, true])
  for (const good of [1, 2]) {
    state = afterGoodTrial(onTrial(state, 'me', NOW + HOUR), NOW + 2 * MINUTE)
    assert.deepEqual([state.goodTrials, state.trial, isClosed(state)], [good, undefined, true])
  }
  const relapsed = closedFor(onTrial(state, 'me', NOW + HOUR), { deaths: ['c'], evidence: 'again' }, ABOUT)
  assert.deepEqual([relapsed.goodTrials, relapsed.trial, relapsed.relapses], [0, undefined, 1])
  state = afterGoodTrial(onTrial(state, 'me', NOW + HOUR), NOW + 2 * MINUTE)
  assert.deepEqual([state.status, state.since, state.until], ['released', NOW + 2 * MINUTE, undefined])
  assert.equal(state.revision, 7)
  assert.equal(closedFor(state, CAUSE, { ...ABOUT, now: NOW + 3 * MINUTE }).relapses, 1, 'a relapse')
  assert.equal(closedFor(state, CAUSE, { ...ABOUT, now: NOW + 25 * HOUR }).relapses, 0, 'a new case')
})

test('is not closed for hours because a clock was ahead, and closed for its time by one that is right', () => {
  const ahead = closedFor(undefined, CAUSE, { ...ABOUT, now: NOW + 8 * HOUR })
  assert.deepEqual([isHalfOpen(ahead, NOW), isHalfOpen(ahead, NOW + 8 * HOUR)], [true, false])
  const again = closedFor(ahead, { deaths: ['c'], evidence: 'again' }, ABOUT)
  assert.deepEqual([again.since, again.relapses, isHalfOpen(again, NOW)], [NOW, 1, false])
  // the clocks of a fleet differ by seconds, and what comes later is later all the same
  const behind = releasedByHand(closedFor(undefined, CAUSE, { ...ABOUT, now: NOW + 5_000 }), NOW)
  assert.equal(behind.since, NOW + 5_001)
})

test('by hand it is closed until it is released, and that wipes the slate', () => {
  const closed = closedByHand(closedFor(undefined, CAUSE, ABOUT), 'too dear', '1', NOW)
  assert.deepEqual([closed.evidence, closed.by, closed.revision], ['too dear', 'hand', 2])
  assert.equal(isHalfOpen(closed, NOW + 99 * HOUR), false)
  const { evidence } = closedByHand(undefined, 'x'.repeat(3_000_000), '1', NOW)
  assert.ok(evidence.length < 1_100, 'a file of the state that is too large is read by nobody')
  const released = releasedByHand(closed, NOW)
  assert.deepEqual([isClosed(released), released.by, released.revision], [false, 'hand', 3])
  assert.equal(closedFor(released, CAUSE, ABOUT).relapses, 0)
})
