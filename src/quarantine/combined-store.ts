import type { Death } from '../deaths/death.ts'
import type { QuarantineStore, RouteChange, StoredState } from '../deaths/quarantine-store.ts'
import type { RouteState } from '../deaths/route-state.ts'
import type { LocalStore } from './local-store.ts'
import { isLater } from './transitions.ts'

/** Milliseconds for which a store that has failed is not asked again. */
const PAUSE = 5_000
/** Which share of its time one question may take: what follows from the answer needs the rest. */
const OWN_SHARE = 0.8

/** Tells that the store has failed, and that it works again. */
export type StoreLog = (message: string, error?: unknown) => void

/**
 * The store of the app, and the recorder's folder in its place while that is away. Either may be missing. No method
 * rejects, or takes longer than the timeout.
 */
export class CombinedStore {
  readonly #remote: QuarantineStore | undefined
  readonly #local: LocalStore | undefined
  readonly #timeout: number
  readonly #log: StoreLog
  #failedAt: number | undefined

  /** @param timeout Milliseconds that the app's store may take in all. */
  constructor(
    remote: QuarantineStore | undefined,
    local: LocalStore | undefined,
    timeout: number,
    log: StoreLog,
  ) {
    this.#remote = remote
    this.#local = local
    this.#timeout = timeout * OWN_SHARE
    this.#log = log
  }

  /** As `load` of a store. Undefined where there is nothing that can be asked. */
  async load(build: string): Promise<StoredState | undefined> {
    const stored = await this.#ask(async (store) => checked(await store.load(build)))
    const kept = await this.#local?.load(build)
    if (stored === undefined || kept === undefined) return stored ?? kept
    // what a store gives may be nonsense
    return this.#reconcile(stored, kept, build).catch(() => stored)
  }

  /**
   * Of each route the later change stands, in the store and in the folder: that of the folder was made while the store
   * was away, or from outside.
   */
  async #reconcile(stored: StoredState, kept: StoredState, build: string): Promise<StoredState> {
    const now = Date.now()
    const routes = { ...stored.routes }
    const tell = async (route: string, kept: RouteState): Promise<void> => {
      const from = stored.routes[route]?.revision ?? 0
      const state = { ...kept, revision: from + 1 }
      const isChanged = await this.#ask((store) => store.update({ build, route, from, state }))
      if (isChanged !== false) routes[route] = state
    }
    const later = Object.entries(kept.routes).filter(([route, state]) =>
      isLater(state, stored.routes[route], now),
    )
    await Promise.all(later.map(([route, state]) => tell(route, state)))
    const missed = Object.entries(stored.routes).filter(([route, state]) =>
      isLater(state, kept.routes[route], now),
    )
    await this.#local?.copy(Object.fromEntries(missed))
    return { deaths: stored.deaths, routes }
  }

  /** Records deaths. The app's store is told of those too that it has missed while it was away. */
  async recordAll(deaths: readonly Death[], build: string): Promise<void> {
    await Promise.all(deaths.map((death) => this.#local?.record(death)))
    const kept = this.#remote === undefined ? undefined : await this.#local?.load(build)
    const all = new Map([...(kept?.deaths ?? []), ...deaths].map((death) => [death.id, death]))
    await Promise.all(Array.from(all.values(), (death) => this.recordAway(death)))
  }

  /** As `record` of a store, but not in the recorder's folder. */
  async recordAway(death: Death): Promise<void> {
    await this.#ask((store) => store.record(death))
  }

  /** As `update` of a store. What nobody can be told of is changed. */
  async update(change: RouteChange): Promise<boolean> {
    const isChanged = await this.#ask((store) => store.update(change))
    if (isChanged === undefined) return (await this.#local?.update(change)) ?? true
    if (isChanged) await this.#local?.copy({ [change.route]: change.state })
    return isChanged
  }

  /** Returns undefined where there is no answer of a store. */
  async #ask<T>(call: (store: QuarantineStore) => Promise<T>): Promise<T | undefined> {
    const remote = this.#remote
    const failedAt = this.#failedAt
    if (remote === undefined || performance.now() - (failedAt ?? -PAUSE) < PAUSE) return undefined
    let timer: NodeJS.Timeout | undefined
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${this.#timeout} ms`)), this.#timeout)
      })
      const answer = await Promise.race([call(remote), late])
      if (failedAt !== undefined) this.#log('the store of the quarantine is there again')
      this.#failedAt = undefined
      return answer
    } catch (error) {
      const instead =
        this.#local === undefined ? 'nothing is remembered' : "the recorder's folder takes its place"
      if (this.#failedAt === undefined) this.#log(`the store of the quarantine has failed: ${instead}`, error)
      this.#failedAt = performance.now()
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }
}

/** @throws Error where a store gives something else than a state. */
function checked(stored: StoredState): StoredState {
  if (Array.isArray(stored?.deaths) && typeof stored.routes === 'object' && stored.routes !== null)
    return stored
  throw new Error('it gave no state')
}
