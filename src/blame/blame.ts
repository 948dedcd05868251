import type { Death } from '../deaths/death.ts'
import { BaseRates } from './base-rates.ts'
import { evidenceAgainst } from './likelihood.ts'

/** The chance that is taken to blame an innocent route, for all routes together. */
const INNOCENT_BLAMED = 0.01
/** How much likelier the blamed route has to be than the next one. */
const AHEAD: number = Math.log(10)
/** The score of a death whose culprit is known: as good as certain. */
const CERTAIN: number = Math.log(1e6)
/** What such a death counts as, beside one that has to be guessed. */
const CERTAIN_COUNT = 1.5
/** The lowest score, that of two absences: an innocent route shall not need more than a few deaths to become guilty. */
const FLOOR: number = -2 * Math.log(10)
/** Milliseconds in which a score falls to a half. */
const HALF_LIFE: number = 6 * 3_600_000
/** Milliseconds after which a death is forgotten. */
const MEMORY: number = 4 * HALF_LIFE
/** The most routes that are named where nobody can be blamed. */
const MOST_NAMED = 5

/** What {@link blame} has to know beside the deaths. */
export interface BlameOptions {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** How many routes the app has. */
  readonly routes: number
  /** How many deaths a route is blamed for at the earliest. One whose culprit is known counts as one and a half. */
  readonly deaths: number
  /** Until when the deaths of a route are forgiven, in milliseconds since the epoch; undefined: none is. */
  readonly forgivenUntil: (route: string) => number | undefined
}

/** A route, and what speaks against it. */
export interface Suspect {
  readonly route: string
  /** At how many deaths it was in flight, or is known to be the culprit. */
  readonly deaths: number
  /** Of how many of them it is known to be the culprit. */
  readonly certain: number
  /** How much likelier the deaths are if it is guilty, as a natural logarithm. */
  readonly score: number
  /** How often it is in flight anyway, from 0 to 1; undefined where nobody has looked. */
  readonly presence: number | undefined
}

/** Who is to blame for some deaths. */
export interface Blame {
  readonly blamed: readonly Suspect[]
  /**
   * Set where enough processes died of something unknown, and nobody can be blamed: how many, and the routes that were
   * in flight at most of them, which cannot be told from each other or from an innocent one.
   */
  readonly undecided: { readonly deaths: number; readonly suspects: readonly Suspect[] } | undefined
}

/**
 * Finds the routes that kill, by likelihood: being in flight when a process dies says little of a route that is in
 * flight most of the time.
 *
 * @param all The deaths of one build, in any order.
 */
export function blame(all: readonly Death[], options: BlameOptions): Blame {
  const { now, deaths: least } = options
  // a process that died before it served did not die of a request
  const deaths = all
    .filter(({ diedAt, listenedAt }) => listenedAt !== undefined && diedAt > now - MEMORY)
    .toSorted((a, b) => a.diedAt - b.diedAt)
  const evidence = new Evidence(deaths, options)
  const blamed = evidence.suspects.filter((suspect) => evidence.isGuilty(suspect))
  const unknown = deaths.filter(({ culprit }) => culprit === undefined)
  const isUndecided = blamed.length === 0 && unknown.length >= least
  return { blamed, undecided: isUndecided ? evidence.undecided(unknown) : undefined }
}

/** What the deaths say of each route. */
class Evidence {
  readonly suspects: readonly Suspect[]
  readonly #deaths: readonly Death[]
  readonly #options: BlameOptions
  readonly #rates: BaseRates
  readonly #threshold: number

  constructor(deaths: readonly Death[], options: BlameOptions) {
    this.#deaths = deaths
    this.#options = options
    this.#rates = new BaseRates(deaths)
    const culprits = deaths.flatMap(({ culprit }) => culprit ?? [])
    const routes = [...new Set([...this.#rates.routes, ...culprits])]
    this.#threshold = Math.log(Math.max(options.routes, routes.length) / INNOCENT_BLAMED)
    this.suspects = routes
      .map((route) => this.#suspect(route))
      .filter(({ deaths }) => deaths > 0)
      .sort((a, b) => b.score - a.score)
  }

  isGuilty({ route, deaths, certain, score }: Suspect): boolean {
    const counted = deaths - certain + certain * CERTAIN_COUNT
    if (counted < this.#options.deaths || score <= this.#threshold) return false
    if (certain * CERTAIN_COUNT >= this.#options.deaths) return true
    // only those can be confused with it that were in flight when it was
    const shared = this.#deaths.filter((death) => isAgainst(route, death))
    return this.suspects.every(
      (next) => next.route === route || score - this.#score(next.route, shared) > AHEAD,
    )
  }

  undecided(unknown: readonly Death[]): NonNullable<Blame['undecided']> {
    const most = unknown.length / 2
    const suspects = this.suspects.filter(({ deaths, certain }) => deaths - certain > most)
    return { deaths: unknown.length, suspects: suspects.slice(0, MOST_NAMED) }
  }

  #suspect(route: string): Suspect {
    const against = this.#against(route, this.#deaths).filter((death) => isAgainst(route, death))
    return {
      route,
      deaths: against.length,
      certain: against.filter(({ culprit }) => culprit === route).length,
      score: this.#score(route, this.#deaths),
      presence: this.#rates.isKnown ? this.#rates.presenceOf(route) : undefined,
    }
  }

  #against(route: string, deaths: readonly Death[]): readonly Death[] {
    const forgiven = this.#options.forgivenUntil(route) ?? Number.NEGATIVE_INFINITY
    return deaths.filter(({ diedAt }) => diedAt > forgiven)
  }

  #score(route: string, deaths: readonly Death[]): number {
    let score = 0
    let at = 0
    for (const death of this.#against(route, deaths)) {
      const { culprit, diedAt } = death
      score = faded(score, diedAt - at)
      at = diedAt
      if (culprit === route) score += CERTAIN
      // a death whose culprit is known says nothing of the others
      else if (culprit === undefined)
        score = Math.max(FLOOR, score + evidenceAgainst(route, death, this.#rates))
    }
    return faded(score, this.#options.now - at)
  }
}

/** Whether a death speaks against a route: it is known to be the culprit, or none is and it was in flight. */
export function isAgainst(route: string, { culprit, inFlight }: Death): boolean {
  return culprit === undefined ? inFlight.includes(route) : culprit === route
}

function faded(score: number, milliseconds: number): number {
  return score * 0.5 ** (Math.max(0, milliseconds) / HALF_LIFE)
}
