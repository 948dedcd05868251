import type { Death } from '../../src/deaths/death.ts'
import type { RouteState } from '../../src/deaths/route-state.ts'
import type { Life } from '../../src/deaths/state.ts'

/** A death with everything that it may have. */
export function death(changes: Partial<Death> = {}): Death {
  return {
    id: 'host-1-1000',
    build: '1.0.0',
    host: 'host',
    pid: 1,
    startedAt: 1_000,
    listenedAt: 1_100,
    diedAt: 2_000,
    cause: 'sudden',
    because: 'killed by a signal',
    culprit: undefined,
    inFlight: ['GET /a'],
    presence: { 'GET /a': 0.5 },
    arrivals: { 'GET /a': 1 },
    samples: 10,
    ...changes,
  }
}

/** A life that died at once. */
export function life(changes: Partial<Life> = {}): Life {
  return {
    id: 'host-1-1000',
    build: '1.0.0',
    startedAt: 1_000,
    endedAt: 1_500,
    how: 'died',
    because: 'killed by a signal',
    ...changes,
  }
}

export function routeState(changes: Partial<RouteState> = {}): RouteState {
  return {
    revision: 1,
    build: '1.0.0',
    status: 'closed',
    since: 1_000,
    until: 61_000,
    relapses: 0,
    goodTrials: 0,
    deaths: ['host-1-1000'],
    evidence: 'in flight at 3 of 3 deaths',
    by: 'deaths',
    ...changes,
  }
}
