import type { Death } from './death.ts'
import type { RouteState } from './route-state.ts'

/** What a store knows of one build of an app. */
export interface StoredState {
  /** The newest deaths of its processes, in any order: at least 50 of them, where there are so many. */
  readonly deaths: readonly Death[]
  /** The routes that were blamed, or closed or released by hand, by their names: `GET /users/:id`. */
  readonly routes: Readonly<Record<string, RouteState>>
}

/** A change of one route. */
export interface RouteChange {
  /** The build that it holds for. */
  readonly build: string
  /** The route's name: `GET /users/:id`. */
  readonly route: string
  /** The {@link RouteState.revision} that the change starts from; 0 where the route had no state. */
  readonly from: number
  /** The new state. Its revision is greater than `from`. */
  readonly state: RouteState
}

/**
 * Where deaths and closed routes are kept, for a fleet whose local disks do not last. Every function may be called by
 * many processes at a time, and may reject: the recorder's folder takes its place then.
 */
export interface QuarantineStore {
  /** Returns what is known of a build; nothing is known of one that the store has never heard of. */
  load(build: string): Promise<StoredState>
  /** Adds a death to its build. One with an `id` that is there already changes nothing. */
  record(death: Death): Promise<void>
  /**
   * Changes a route, unless another process has changed it meanwhile: the comparison of {@link RouteChange.from} with
   * the stored revision and the change are one step.
   *
   * @returns Whether it was changed.
   */
  update(change: RouteChange): Promise<boolean>
}
