/** What is remembered of a route that was blamed, or closed by hand. It is plain JSON. */
export interface RouteState {
  /** Counts the changes, from 1: whoever changes it says which one it has seen. */
  readonly revision: number
  /** The build that it holds for: a new one gives every route a new chance. */
  readonly build: string
  /** `closed`: refused, and tried once {@link RouteState.until} is over. `released`: it serves. */
  readonly status: 'closed' | 'released'
  /** When it was closed or released, in milliseconds since the epoch. */
  readonly since: number
  /** When it is tried first, in milliseconds since the epoch; undefined where it never is. */
  readonly until?: number | undefined
  /** How often it was closed again. */
  readonly relapses: number
  /** How many trials in a row went well. */
  readonly goodTrials: number
  /**
   * The one request that is let through: the process that has it, as {@link Death.id}, and when others may try, in
   * milliseconds since the epoch. Undefined where there is none.
   */
  readonly trial?: { readonly by: string; readonly until: number } | undefined
  /** The deaths that it was closed for, by their ids. */
  readonly deaths: readonly string[]
  /** Why, in words. */
  readonly evidence: string
  /** Who closed or released it. */
  readonly by: 'deaths' | 'hand'
}
