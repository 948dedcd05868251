import type { RouteState } from '../deaths/route-state.ts'
import { clip } from '../fault/thrown.ts'

/** Milliseconds for which a route stays closed at most before it is tried again. */
export const LONGEST_COOL_DOWN: number = 3_600_000
/** How many trials in a row have to go well. */
const GOOD_TRIALS = 3
/** Milliseconds after which a route that was released and kills again is a new case, and no relapse. */
const CASE_MEMORY: number = 24 * 3_600_000
/** Characters of a reason: a state that is too large can be read by nobody. */
const MAX_REASON = 1_024

/** Why a route is closed. */
export interface Cause {
  readonly deaths: readonly string[]
  readonly evidence: string
}

type Before = RouteState | undefined

/** Milliseconds by which the clocks of a fleet may differ: beyond it, a time was written by one that was wrong. */
const CLOCK_SKEW = 60_000

/** Whether a clock that was wrong has dated a state. */
export function isOfFuture({ since }: RouteState, now: number): boolean {
  return since > now + CLOCK_SKEW
}

/** Whether one state of a route came after another one. */
export function isLater(state: RouteState, than: Before, now: number): boolean {
  return !isOfFuture(state, now) && (than === undefined || isOfFuture(than, now) || state.since > than.since)
}

/** A closed route answers 503 until its time is over, and then to all requests but those on trial. */
export function isClosed(state: Before): boolean {
  return state?.status === 'closed'
}

/** Whether a closed route may be tried at a time, in milliseconds since the epoch. */
export function isHalfOpen(state: RouteState, now: number): boolean {
  return state.until !== undefined && (now >= state.until || isOfFuture(state, now))
}

/**
 * Closes a route because of deaths: for longer each time, at most for an hour. Also a route that is closed already, and
 * has killed on trial.
 *
 * @param coolDown Milliseconds for which it is closed the first time.
 */
export function closedFor(
  before: Before,
  { deaths, evidence }: Cause,
  { build, now, coolDown }: { readonly build: string; readonly now: number; readonly coolDown: number },
): RouteState {
  const isRelapse = before?.by === 'deaths' && (isClosed(before) || now - before.since < CASE_MEMORY)
  const relapses = isRelapse ? before.relapses + 1 : 0
  const length = Math.max(coolDown, Math.min(coolDown * 2 ** relapses, LONGEST_COOL_DOWN))
  const all = [...new Set([...(isRelapse ? before.deaths : []), ...deaths])]
  return {
    ...next(before, build, now),
    status: 'closed',
    until: now + length,
    relapses,
    deaths: all,
    evidence,
    by: 'deaths',
  }
}

/** Closes a route by hand: until it is released, or a new build starts. */
export function closedByHand(before: Before, reason: string, build: string, now: number): RouteState {
  const state = next(before, build, now)
  return { ...state, status: 'closed', evidence: clip(reason, MAX_REASON), by: 'hand' }
}

/** Releases a route by hand. */
export function releasedByHand(before: RouteState, now: number): RouteState {
  const { build, deaths, evidence } = before
  return { ...next(before, build, now), status: 'released', deaths, evidence, by: 'hand' }
}

/**
 * Takes the one trial of a route.
 *
 * @param by Names the process.
 * @param until When others may take it, should this process never end it.
 */
export function onTrial(before: RouteState, by: string, until: number): RouteState {
  return { ...before, revision: before.revision + 1, trial: { by, until } }
}

/** Ends a trial that says nothing. */
export function withoutTrial(before: RouteState): RouteState {
  const { trial: _over, ...state } = before
  return { ...state, revision: before.revision + 1 }
}

/** Ends a trial that went well. The last one of three in a row releases the route. */
export function afterGoodTrial(before: RouteState, now: number): RouteState {
  const goodTrials = before.goodTrials + 1
  const after = { ...withoutTrial(before), goodTrials }
  if (goodTrials < GOOD_TRIALS) return after
  return { ...after, status: 'released', since: changedAt(before, now), until: undefined }
}

/** When a status changes: later than it did before, also by another clock. */
function changedAt(before: Before, now: number): number {
  return before === undefined || isOfFuture(before, now) ? now : Math.max(now, before.since + 1)
}

/** A new status, of which nothing else is known. */
function next(before: Before, build: string, now: number): RouteState {
  return {
    revision: (before?.revision ?? 0) + 1,
    build,
    status: 'released',
    since: changedAt(before, now),
    until: undefined,
    relapses: 0,
    goodTrials: 0,
    deaths: [],
    evidence: '',
    by: 'hand',
  }
}
