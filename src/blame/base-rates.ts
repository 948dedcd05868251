import type { Death } from '../deaths/death.ts'

/** No route is in flight for certain. */
const MOST_PRESENCE = 0.999

/**
 * How often each route is in flight anyway, and how often it is the newest arrival. Taken from all deaths together,
 * because a process that soon died took few copies.
 */
export class BaseRates {
  /** The routes that are known of, each once. */
  readonly routes: ReadonlySet<string>
  readonly #deaths: readonly Death[]
  readonly #samples: number
  /** Whether it was ever looked how often they are in flight. */
  readonly isKnown: boolean
  readonly #known: Map<string, { presence: number; newestWeight: number }> = new Map()

  constructor(deaths: readonly Death[]) {
    this.#deaths = deaths
    this.#samples = deaths.reduce((sum, { samples }) => sum + samples, 0)
    this.isKnown = this.#samples > 0
    this.routes = new Set(deaths.flatMap(({ presence, inFlight }) => [...Object.keys(presence), ...inFlight]))
  }

  /** The chance that a route is in flight when a process dies of something else. Where nothing is known, a half. */
  presenceOf(route: string): number {
    return this.#of(route).presence
  }

  /**
   * The chance that a route in flight is the one with the newest request, relative to others in flight: how often it
   * arrives, by how long it stays. 0 where no arrival is known.
   */
  newestWeightOf(route: string): number {
    return this.#of(route).newestWeight
  }

  #of(route: string): { presence: number; newestWeight: number } {
    const known = this.#known.get(route)
    if (known !== undefined) return known
    const samples = this.#samples
    const seen = this.#deaths.reduce((sum, death) => sum + (death.presence[route] ?? 0) * death.samples, 0)
    const arrived = this.#deaths.reduce((sum, death) => sum + (death.arrivals[route] ?? 0) * death.samples, 0)
    // what was never seen is rare, and not impossible
    const presence = Math.min((seen + 1) / (samples + 2), MOST_PRESENCE)
    const rates = { presence, newestWeight: arrived / samples / presence || 0 }
    this.#known.set(route, rates)
    return rates
  }
}
