import { type Blame, blame, isAgainst, type Suspect } from '../blame/blame.ts'
import type { Death } from '../deaths/death.ts'
import type { StoredState } from '../deaths/quarantine-store.ts'
import type { RouteState } from '../deaths/route-state.ts'
import { type Cause, isClosed } from './transitions.ts'

/** What {@link judge} has to know beside the state. */
export interface JudgeOptions {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** How many routes the app has. */
  readonly routes: number
  /** As `quarantine.deaths`. */
  readonly deaths: number
  /** Whether a route of this name is there, and may be closed. */
  readonly mayClose: (route: string) => boolean
}

/** A route that is to be closed, or closed again. */
export interface Sentence extends Cause {
  readonly route: string
}

/** What follows from the deaths. */
export interface Ruling {
  readonly sentences: readonly Sentence[]
  readonly undecided: Blame['undecided']
}

/** Decides which routes are to be closed for the deaths that are known. */
export function judge({ deaths, routes }: StoredState, options: JudgeOptions): Ruling {
  const { mayClose } = options
  const relapses = Object.entries(routes).flatMap(([route, state]) => relapseOf(route, state, deaths))
  const known = explained(deaths, routes)
  const forgivenUntil = (route: string): number | undefined => {
    const { [route]: state } = routes
    return isClosed(state) ? Number.POSITIVE_INFINITY : state?.since
  }
  const { blamed, undecided } = blame(known, { ...options, forgivenUntil })
  const sentences = blamed.map((suspect) => ({
    route: suspect.route,
    deaths: known.filter((death) => isAgainst(suspect.route, death)).map(({ id }) => id),
    evidence: evidenceOf(suspect),
  }))
  return { sentences: [...relapses, ...sentences].filter(({ route }) => mayClose(route)), undecided }
}

/**
 * A closed route kills on trial. It may also kill a process that runs since before it was closed, and has not learned of
 * it yet: that is no relapse.
 */
function relapseOf(route: string, state: RouteState, deaths: readonly Death[]): Sentence[] {
  if (!isClosed(state) || state.by === 'hand') return []
  // a process that starts later dies later; the times say nothing of one that has the trial, whose clock may be set back
  const hasTried = ({ id, startedAt }: Death): boolean => state.trial?.by === id || startedAt > state.since
  const again = deaths.filter((death) => death.culprit === route && hasTried(death))
  const [newest] = again.toSorted((a, b) => b.diedAt - a.diedAt)
  if (newest === undefined) return []
  return [{ route, deaths: again.map(({ id }) => id), evidence: `it killed again: ${newest.because}` }]
}

/** The deaths that a route was closed for speak against no other one. */
function explained(deaths: readonly Death[], routes: StoredState['routes']): Death[] {
  const culprits = new Map(
    Object.entries(routes).flatMap(([route, state]) => state.deaths.map((id) => [id, route] as const)),
  )
  return deaths.map((death) => ({ ...death, culprit: death.culprit ?? culprits.get(death.id) }))
}

/** Says what speaks against a route, in words. */
function evidenceOf({ deaths, certain, presence }: Suspect): string {
  const guessed = deaths - certain
  const known = certain === 0 ? [] : [`it is known to have caused ${count(certain)}`]
  const often =
    presence === undefined ? 'nobody knows how often' : `${(presence * 100).toPrecision(2)} % of the time`
  const seen = guessed === 0 ? [] : [`it was in flight at ${count(guessed)}, and otherwise ${often}`]
  return [...known, ...seen].join('; ')
}

/** So many deaths, in words. */
export function count(deaths: number): string {
  return deaths === 1 ? '1 death' : `${deaths} deaths`
}
