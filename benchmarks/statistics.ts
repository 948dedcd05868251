import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { median, quantile } from 'simple-statistics'

/** A median, and how sure it is. */
export interface Estimate {
  readonly median: number
  /** The ends of the interval that holds the true median with 95 %. */
  readonly low: number
  readonly high: number
  /** How many pairs it is made from. */
  readonly n: number
}

/** Values of the rounds, one list for each set of processes that they were measured with. */
export type Rounds = readonly (readonly number[])[]

const RESAMPLES = 1000
const SEED = 1

/**
 * The median with its bootstrap interval. It resamples the processes, and the rounds within them: a compiler's luck
 * lasts as long as a process, so that many rounds of one process say less than they seem to. The same values always
 * give the same interval.
 */
export function estimate(rounds: Rounds): Estimate {
  const all = rounds.flat()
  const random = xoroshiro128plus(SEED)
  const draw = <Item>(items: readonly Item[]): Item[] =>
    items.map(() => items[uniformInt(random, 0, items.length - 1)] as Item)
  const medians = Array.from({ length: RESAMPLES }, () => median(draw(rounds).flatMap(draw)))
  return {
    median: median(all),
    low: quantile(medians, 0.025),
    high: quantile(medians, 0.975),
    n: all.length,
  }
}

/** Combines the values of two lists that were measured in the same rounds. */
export function pairs(
  values: Rounds,
  others: Rounds,
  combine: (value: number, other: number) => number,
): Rounds {
  return values.map((list, i) => list.map((value, j) => combine(value, others[i]?.[j] ?? Number.NaN)))
}

/**
 * Whether a difference was seen at all: not when the spread is wider than the difference is. Ratios are compared by
 * their logarithms, so that three times as much counts as a third does.
 *
 * @param same - What two equal things give: 1 as a ratio, 0 as a difference.
 */
export function isDifferent({ median: middle, low, high }: Estimate, same: 0 | 1): boolean {
  if (same === 0) return high - low < Math.abs(middle)
  return Math.log(high / low) < Math.abs(Math.log(middle))
}
