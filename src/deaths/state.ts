import type { Death } from './death.ts'
import type { RouteState } from './route-state.ts'

/** The version of the state's form. A file of a later one is not read. */
export const STATE_VERSION = 1
/** How many deaths and how many lives a state keeps, the newest. */
export const DEATHS_KEPT = 50
export const LIVES_KEPT = 50
/** How many routes a state keeps, those that changed last. */
export const ROUTES_KEPT = 1_000
/** The largest state in bytes. The oldest deaths make room. */
export const LARGEST_STATE: number = 1_048_576

/** One start of the app, until its process ended. */
export interface Life {
  /** As {@link Death.id}. */
  readonly id: string
  /** The build of the app that died; empty where it did not. */
  readonly build: string
  /** When the process started, in milliseconds since the epoch. */
  readonly startedAt: number
  /** When it first listened, in milliseconds since the epoch; undefined where it ended before that. */
  readonly listenedAt?: number | undefined
  /** When it was last known to live, in milliseconds since the epoch; undefined where that is not known. */
  readonly endedAt?: number | undefined
  /**
   * How it ended. `signal`: in order, on a signal. `held`: while the crash-loop guard held its boot. `gaveUp`: the guard
   * ended it.
   */
  readonly how: 'orderly' | 'signal' | 'died' | 'held' | 'gaveUp'
  /** The same in words. */
  readonly because: string
  /** What was loading when it died, in words; undefined where that is not known. */
  readonly loading?: string | undefined
  /** The route of the request that is known to have ended it, as {@link Death.culprit}; undefined where none is. */
  readonly culprit?: string | undefined
}

/** What is known of earlier processes of an app: plain JSON. */
export interface State {
  readonly version: typeof STATE_VERSION
  /** The build that ran last; empty in a new state. */
  readonly build: string
  /** The newest {@link DEATHS_KEPT}, oldest first. */
  readonly deaths: readonly Death[]
  /** By the names that `routeKey` gives. */
  readonly routes: Readonly<Record<string, RouteState>>
  /** The newest {@link LIVES_KEPT}, oldest first. */
  readonly lives: readonly Life[]
  /** Where the app listened last; undefined where it never did. */
  readonly addresses?: readonly ListenAddress[] | undefined
}

/** Where a server listens: a host with a port, or the path of a socket. */
export interface ListenAddress {
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly path?: string | undefined
}

/** A state that knows nothing. */
export const EMPTY_STATE: State = { version: STATE_VERSION, build: '', deaths: [], routes: {}, lives: [] }

/** Writes a state as text, without what is older than a state may keep. */
export function formatState(state: State): string {
  const routes = Object.entries(state.routes).sort(([, a], [, b]) => a.since - b.since)
  const kept = {
    ...state,
    deaths: [],
    routes: Object.fromEntries(routes.slice(-ROUTES_KEPT)),
    lives: state.lives.slice(-LIVES_KEPT),
  }
  const deaths = newestWithin(state.deaths.slice(-DEATHS_KEPT), LARGEST_STATE - sizeOf(kept))
  return JSON.stringify({ ...kept, deaths })
}

/** The newest deaths that fit into so many bytes. */
function newestWithin(deaths: readonly Death[], bytes: number): readonly Death[] {
  let left = bytes
  const first = deaths.findLastIndex((death) => {
    left -= sizeOf(death) + 1
    return left < 0
  })
  return deaths.slice(first + 1)
}

/** How many bytes a value takes as JSON. */
function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
