import { type Channel, channel } from 'node:diagnostics_channel'
import type { FastifyBaseLogger } from 'fastify'
import { attempt } from '../attempt.ts'
import type { Suspect } from '../blame/blame.ts'
import type { Death } from '../deaths/death.ts'
import type { RouteState } from '../deaths/route-state.ts'
import type { QuarantinedRoute, QuarantineEvent } from '../isolation.ts'
import { runListeners } from '../listener-context.ts'
import { logFailure } from '../log/log.ts'
import { callListener, publish } from '../publish.ts'
import { count } from './judge.ts'
import { isClosed } from './transitions.ts'

const changes: Channel = channel('fastify-isolate:quarantine')
/** The most deaths of a log line. */
const MOST_DEATHS = 10

/** A route's state as the app sees it. */
export function publicState(route: string, state: RouteState): QuarantinedRoute {
  const { since, until, evidence, deaths, relapses, goodTrials, by } = state
  return { route, since, until, evidence, deaths: deaths.length, relapses, goodTrials, by }
}

/** Logs and announces what becomes of routes. No method throws. */
export class QuarantineLog {
  readonly #log: FastifyBaseLogger
  readonly #onQuarantine: ((event: QuarantineEvent) => void) | undefined
  readonly #folder: string | undefined

  /** @param folder The recorder's, from which a route can be released. */
  constructor(
    log: FastifyBaseLogger,
    onQuarantine: ((event: QuarantineEvent) => void) | undefined,
    folder: string | undefined,
  ) {
    this.#log = log
    this.#onQuarantine = onQuarantine
    this.#folder = folder
  }

  /** Says that a route is closed, and how to release it. */
  closed(route: string, state: RouteState, deaths: readonly Death[]): void {
    const { until, evidence, relapses } = state
    const known = deaths
      .filter(({ id }) => state.deaths.includes(id))
      .toSorted((a, b) => a.diedAt - b.diedAt)
      .slice(-MOST_DEATHS)
    const died = known.map(({ diedAt, because }) => ({ at: new Date(diedAt).toISOString(), because }))
    const due = until === undefined ? undefined : new Date(until).toISOString()
    const line = { quarantine: { route, deaths: died, evidence, relapses, until: due, by: state.by } }
    const how = due === undefined ? 'until it is released' : `and is tried after ${due}`
    this.#warn(line, `${route} is closed ${how}: ${evidence}. To release it: ${this.#release(route)}`)
  }

  /** Says that a route was closed from outside that cannot be. */
  notThere(route: string): void {
    const message = `${route} was to be closed by hand, and is not: there is no such route, or it is exempt by \`config.isolate\``
    this.#warn({ quarantine: { route } }, message)
  }

  /** Says that a route serves again. */
  released(route: string, { by }: RouteState): void {
    const why = by === 'hand' ? 'by hand' : 'its trials went well'
    attempt(() => this.#log.info({ quarantine: { route, by } }, `${route} is released: ${why}`), undefined)
  }

  /** Says that too many routes are to blame. */
  tooMany(routes: readonly string[], all: number): void {
    this.#warn(
      { quarantine: { blamed: routes, routes: all } },
      `${routes.length} of ${all} routes are to blame, which is more than a quarter: the process is ill and not a route, ` +
        'and none is closed',
    )
  }

  /** Says that nobody can be blamed. */
  undecided(deaths: number, suspects: readonly Suspect[]): void {
    const named = suspects.map(({ route, deaths: seen, presence }) => ({ route, deaths: seen, presence }))
    const [first] = suspects
    const often = first && `${first.route} was in flight at ${first.deaths}, and ${share(first)}`
    const why = often ?? 'none was in flight at most of them'
    this.#warn(
      { quarantine: { deaths, suspects: named } },
      `${count(deaths)} and no route that can be told from an innocent one: ${why}`,
    )
  }

  /** Tells `onQuarantine` and the channel. */
  announce(route: string, state: RouteState): void {
    const change = isClosed(state) ? 'closed' : 'released'
    const event: QuarantineEvent = { change, ...publicState(route, state) }
    const onFailure = (failure: unknown): void =>
      logFailure(this.#log, failure, 'a listener of the quarantine failed')
    const onQuarantine = this.#onQuarantine
    if (onQuarantine !== undefined) {
      const call = (): void => callListener(onQuarantine, () => onQuarantine(event), onFailure)
      runListeners(onQuarantine, onFailure, call)
    }
    runListeners(changes, onFailure, () => publish(changes, event, onFailure))
  }

  #release(route: string): string {
    const byCode = `app.isolation.quarantine.release('${route}')`
    const folder = this.#folder
    return folder === undefined
      ? byCode
      : `npx fastify-isolate quarantine release '${route}' --dir ${folder}, or ${byCode}`
  }

  #warn(line: object, message: string): void {
    attempt(() => this.#log.warn(line, message), undefined)
  }
}

function share({ presence }: Suspect): string {
  return presence === undefined
    ? 'how often it is anyway is not known: the processes died too soon'
    : `is so ${Math.round(presence * 100)} % of the time`
}
