import type { Death } from '../deaths/death.ts'
import type { BaseRates } from './base-rates.ts'

/** Which share of the deaths a guilty route causes: the others have other reasons. */
const GUILTY_SHARE = 0.9
/** In which share of those it is its newest request that kills, soon after it came. */
const NEWEST_SHARE = 0.5

const ABSENT: number = Math.log(1 - GUILTY_SHARE)
const NOT_NEWEST: number = Math.log(1 - GUILTY_SHARE * NEWEST_SHARE)

/**
 * How much likelier a death was if this route is guilty than if it is not, as a natural logarithm: above 0 it speaks
 * against the route, below 0 for it.
 */
export function evidenceAgainst(route: string, { inFlight }: Death, rates: BaseRates): number {
  if (!inFlight.includes(route)) return ABSENT
  const presence = rates.presenceOf(route)
  const present = Math.log((GUILTY_SHARE + (1 - GUILTY_SHARE) * presence) / presence)
  return present + ofNewest(route, inFlight, rates)
}

/** What it says that the newest request is one of this route, or is not. */
function ofNewest(route: string, inFlight: readonly string[], rates: BaseRates): number {
  if (inFlight[0] !== route) return NOT_NEWEST
  const own = rates.newestWeightOf(route)
  if (own === 0) return 0
  const byChance = own / inFlight.reduce((sum, other) => sum + rates.newestWeightOf(other), 0)
  const ifGuilty = GUILTY_SHARE * NEWEST_SHARE
  return Math.log((ifGuilty + (1 - ifGuilty) * byChance) / byChance)
}
