import type { Life } from '../deaths/state.ts'

/** Milliseconds without a start after which a series is over: twice the longest pause that a restarter makes. */
const LONGEST_PAUSE = 600_000
/** The first and the longest of the pauses before an app of a crash loop is tried again, in milliseconds. */
const FIRST_WAIT = 10_000
const LONGEST_WAIT = 300_000

/** The lives in a row that died before the app listened, or soon after, up to the one that begins now. */
export interface Series {
  /** The oldest first. */
  readonly deaths: readonly Life[]
  /** Milliseconds since the first of them began. */
  readonly since: number
  /** Whether the guard ended the process before this one: this one starts the app, to see whether it was mended. */
  readonly gaveUpLast: boolean
}

/**
 * Finds the series that a new life continues. One that ended in order, of another build, after it had served for a
 * while, or by a request ends it, and so does a pause of ten minutes: who kills an app with a request shall not have it
 * given up. Of lives that overlap one counts: several processes may share a folder and die of the same thing.
 *
 * @param lives In any order.
 * @param build The build that begins now.
 * @param window Milliseconds after it listened within which a death counts.
 * @param now Milliseconds since the epoch.
 */
export function seriesOf(lives: readonly Life[], build: string, window: number, now: number): Series {
  const deaths: Life[] = []
  // what began later than now was dated by a clock that was wrong
  const newestFirst = lives
    .filter(({ startedAt }) => startedAt <= now)
    .sort((a, b) => b.startedAt - a.startedAt)
  let nextAt = now
  for (const life of newestFirst) {
    const endedAt = life.endedAt ?? life.startedAt
    if (nextAt - endedAt > LONGEST_PAUSE || endsSeries(life, endedAt, build, window)) break
    if (endedAt > nextAt) continue
    nextAt = life.startedAt
    if (life.how === 'died') deaths.unshift(life)
  }
  return {
    deaths,
    since: now - (deaths[0]?.startedAt ?? now),
    gaveUpLast: newestFirst[0]?.how === 'gaveUp',
  }
}

function endsSeries(life: Life, endedAt: number, build: string, window: number): boolean {
  if (life.how === 'held' || life.how === 'gaveUp') return false
  const isEarly = life.listenedAt === undefined || endedAt - life.listenedAt <= window
  return life.how !== 'died' || life.build !== build || !isEarly || life.culprit !== undefined
}

/**
 * How long the app is held before it is tried again, in milliseconds: ten seconds the first time, doubling to five
 * minutes.
 *
 * @param tries How often it was held before in this series.
 */
export function waitBefore(tries: number): number {
  return Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** tries)
}
