import type { Death } from '../deaths/death.ts'
import { routeKey } from '../deaths/route-key.ts'
import type { RouteState } from '../deaths/route-state.ts'
import type { Quarantine, QuarantinedRoute } from '../isolation.ts'
import { badOption, MAX_SHOWN } from '../options/bad-option.ts'
import type { ResolvedQuarantine } from '../options/resolved.ts'
import type { CoveredRoute, RouteGate } from '../request/context.ts'
import type { CombinedStore } from './combined-store.ts'
import { judge, type Sentence } from './judge.ts'
import { publicState, type QuarantineLog } from './tell.ts'
import { closedByHand, closedFor, isClosed, releasedByHand, withoutTrial } from './transitions.ts'

/** Which share of the routes may be closed for deaths. */
const MOST_CLOSED = 0.25
/** How often a change is tried where other processes change the same route. */
const MOST_TRIES = 3

/** What a {@link RouteQuarantine} works with. */
export interface QuarantineParts {
  readonly options: ResolvedQuarantine
  /** The build that runs. */
  readonly build: string
  /** As `Death.id`: this process. */
  readonly lifeId: string
  /** The processes before this one that did not die, as {@link Death.id}. */
  readonly endedInOrder: ReadonlySet<string>
  readonly store: CombinedStore
  readonly log: QuarantineLog
}

/** Knows which routes of an app are closed, and closes and releases them. */
export class RouteQuarantine implements Quarantine {
  readonly #parts: QuarantineParts
  #routes: ReadonlyMap<string, readonly CoveredRoute[]> = new Map()
  #gate: RouteGate | undefined
  #deaths: readonly Death[] = []
  #states: Map<string, RouteState> = new Map()
  #closed: ReadonlyMap<string, RouteState> = new Map()
  #tooMany = ''
  /** When routes were closed by hand that cannot be: it is said once. */
  readonly #notThere: Map<string, number> = new Map()

  constructor(parts: QuarantineParts) {
    this.#parts = parts
  }

  /** Sets the routes, once all are there, and what stands before those that are closed. */
  guard(routes: readonly CoveredRoute[], gate: RouteGate): void {
    const known = new Map<string, CoveredRoute[]>()
    for (const route of routes) {
      for (const name of namesOf(route)) known.set(name, [...(known.get(name) ?? []), route])
    }
    this.#routes = known
    this.#gate = gate
  }

  /**
   * Looks what has become of the deaths and the routes, and closes those that are to blame. Never rejects: where nothing
   * can be asked all stays as it is.
   *
   * @param isBoot Whether to say that nobody can be blamed.
   */
  async refresh(own: readonly Death[] = [], isBoot = false): Promise<void> {
    const { store, build, log, options } = this.#parts
    const stored = (await store.load(build)) ?? {
      deaths: this.#deaths,
      routes: Object.fromEntries(this.#states),
    }
    const known = new Map([...own, ...stored.deaths].map((death) => [death.id, death]))
    this.#deaths = [...known.values()].filter((death) => death.build === build)
    this.#states = new Map(Object.entries(stored.routes))
    await this.#giveBackTrials()
    const now = Date.now()
    const ruling = judge(
      { deaths: this.#deaths, routes: Object.fromEntries(this.#states) },
      { now, routes: this.#routes.size, deaths: options.deaths, mayClose: (route) => this.#mayClose(route) },
    )
    const sentences = [...ruling.sentences, ...this.#lostTrials(now)]
    if (!this.#isTooMany(sentences)) {
      for (const sentence of sentences) await this.#close(sentence)
    }
    this.#apply()
    if (isBoot && ruling.undecided !== undefined) {
      log.undecided(ruling.undecided.deaths, ruling.undecided.suspects)
    }
  }

  /** The state of a route that is closed; undefined where it serves. */
  closedState(route: string): RouteState | undefined {
    return this.#closed.get(route)
  }

  list(): QuarantinedRoute[] {
    return Array.from(this.#closed, ([route, state]) => publicState(route, state))
  }

  release(route: string): Promise<boolean> {
    return this.change(route, (before) =>
      isClosed(before) ? releasedByHand(before as RouteState, Date.now()) : undefined,
    )
  }

  async close(route: string, reason: string): Promise<void> {
    if (!this.#mayClose(route)) {
      const name = String(route).slice(0, MAX_SHOWN)
      throw badOption(
        `Expected a route of the app that may be closed, such as \`GET /users/:id\`, got \`${name}\`: it is not there, or ` +
          'exempt by `config.isolate`',
      )
    }
    await this.change(route, (before) => closedByHand(before, String(reason), this.#parts.build, Date.now()))
  }

  /**
   * Changes the state of a route. Never rejects.
   *
   * @param make Returns the new state, or undefined to leave the one that is there. Called again where another process
   *   has changed it meanwhile.
   * @returns Whether it was changed.
   */
  async change(
    route: string,
    make: (before: RouteState | undefined) => RouteState | undefined,
  ): Promise<boolean> {
    const { store, build, log } = this.#parts
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const before = this.#states.get(route)
      const state = make(before)
      if (state === undefined) return false
      if (await store.update({ build, route, from: before?.revision ?? 0, state })) {
        this.#states.set(route, state)
        this.#apply()
        if (state.since !== before?.since || state.status !== before.status) log.announce(route, state)
        return true
      }
      const stored = await store.load(build)
      if (stored !== undefined) this.#states = new Map(Object.entries(stored.routes))
    }
    this.#apply()
    return false
  }

  #close(sentence: Sentence): Promise<boolean> {
    const { build, options } = this.#parts
    const about = { build, now: Date.now(), coolDown: options.coolDown }
    const seen = this.#states.get(sentence.route)
    return this.change(sentence.route, (before) =>
      // another process that knows the same deaths has closed it meanwhile
      before?.since === seen?.since ? closedFor(before, sentence, about) : undefined,
    )
  }

  /** Gives back the trials of processes that ended in order, as on a signal that nobody listened for. */
  async #giveBackTrials(): Promise<void> {
    const { endedInOrder } = this.#parts
    const isLeft = (state: RouteState | undefined): boolean => endedInOrder.has(state?.trial?.by ?? '')
    for (const [route, state] of [...this.#states]) {
      if (!isLeft(state)) continue
      await this.change(route, (before) => (isLeft(before) ? withoutTrial(before as RouteState) : undefined))
    }
  }

  /** Routes whose trial never ended: the process that had it is gone, and could not say so. */
  #lostTrials(now: number): Sentence[] {
    return [...this.#states].flatMap(([route, { status, trial }]) => {
      if (status !== 'closed' || trial === undefined || trial.until > now) return []
      if (trial.by === this.#parts.lifeId || !this.#mayClose(route)) return []
      return [{ route, deaths: [], evidence: 'its trial never ended' }]
    })
  }

  #isTooMany(sentences: readonly Sentence[]): boolean {
    const routes = new Set(sentences.map(({ route }) => route))
    for (const [route, state] of this.#states) if (isClosed(state) && state.by === 'deaths') routes.add(route)
    const all = this.#routes.size
    const closable = [...routes].filter((route) => this.#mayClose(route)).sort()
    const isTooMany = closable.length > all * MOST_CLOSED
    const said = isTooMany ? closable.join() : ''
    if (isTooMany && said !== this.#tooMany) this.#parts.log.tooMany(closable, all)
    this.#tooMany = said
    return isTooMany
  }

  #mayClose(route: string): boolean {
    return this.#routes.get(route)?.every(({ quarantine }) => quarantine) === true
  }

  /** Puts the gate before the routes that are closed, and tells of what is new. */
  #apply(): void {
    const closed = new Map(
      [...this.#states].filter(
        ([route, state]) =>
          isClosed(state) && this.#mayClose(route) && (state.by === 'hand' || this.#tooMany === ''),
      ),
    )
    const before = this.#closed
    this.#closed = closed
    for (const routes of this.#routes.values()) {
      for (const route of routes) {
        route.gate = namesOf(route).some((name) => closed.has(name)) ? this.#gate : undefined
      }
    }
    const { log } = this.#parts
    for (const [route, state] of closed) {
      if (before.get(route)?.since !== state.since) log.closed(route, state, this.#deaths)
    }
    for (const [route, state] of this.#states) {
      const isInVain = isClosed(state) && state.by === 'hand' && !closed.has(route)
      if (!isInVain || this.#notThere.get(route) === state.since) continue
      this.#notThere.set(route, state.since)
      log.notThere(route)
    }
    for (const route of before.keys()) {
      const state = this.#states.get(route)
      if (state !== undefined && !isClosed(state)) log.released(route, state)
    }
  }
}

/** The names of a route, one for each of its methods. */
function namesOf({ methods, pattern }: CoveredRoute): string[] {
  return pattern === undefined ? [] : methods.map((method) => routeKey(method, pattern))
}
