import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { mean, quantileSorted } from 'simple-statistics'

/** What was found, and how sure it is. */
export interface Estimate {
  readonly value: number
  /** The ends of the interval that holds the true value with 95 %. */
  readonly low: number
  readonly high: number
}

/** The values of the rounds, one list for each process. */
export type Rounds = readonly (readonly number[])[]

/** The share of the rounds that counts: the lowest ones, for noise only ever adds. */
const QUIET = 0.25
const RESAMPLES = 1000
const SEED = 1

/** The mean of the lowest quarter of all rounds. */
export function quietest(rounds: Rounds): number {
  const sorted = rounds.flat().sort((a, b) => a - b)
  return mean(sorted.slice(0, Math.ceil(sorted.length * QUIET)))
}

/**
 * Compares the quietest rounds of two servers. The interval is a bootstrap of the processes, whose luck with a
 * compiler and with memory lasts as long as they do: many rounds of one say less than they seem to. The processes
 * that ran side by side are drawn together. The same values always give the same interval.
 *
 * @param others - With processes for all in `own`, in the same order.
 * @param same - What two equal things give: 1 for a ratio, 0 for a difference.
 */
export function compare(own: Rounds, others: Rounds, same: 0 | 1): Estimate {
  const between = (sets: readonly number[]): number => {
    const [a, b] = [own, others].map((rounds) => quietest(sets.map((set) => rounds[set] ?? [])))
    return same === 1 ? (a as number) / (b as number) : (a as number) - (b as number)
  }
  const sets = [...own.keys()]
  const random = xoroshiro128plus(SEED)
  const draw = (): number[] => sets.map(() => uniformInt(random, 0, sets.length - 1))
  const drawn = Array.from({ length: RESAMPLES }, () => between(draw())).sort((a, b) => a - b)
  return { value: between(sets), low: quantileSorted(drawn, 0.025), high: quantileSorted(drawn, 0.975) }
}

/** Whether a difference was seen: the interval leaves out what two equal things give. */
export function isDifferent({ low, high }: Estimate, same: 0 | 1): boolean {
  return low > same || high < same
}
