/** Milliseconds in which the weight of what the recorder counts falls to a half: traffic of a night says little of the day. */
export const RATE_HALF_LIFE: number = 10 * 60_000

/** What the last so many milliseconds weigh, where one of now weighs 1. */
export function recentTime(milliseconds: number): number {
  return (RATE_HALF_LIFE / Math.LN2) * (1 - 2 ** (-milliseconds / RATE_HALF_LIFE))
}
