import { attempt } from '../attempt.ts'
import type { Death } from '../deaths/death.ts'
import { isDeath, isRouteState } from '../deaths/parse-state.ts'
import type { QuarantineStore, RouteChange, StoredState } from '../deaths/quarantine-store.ts'
import type { RouteState } from '../deaths/route-state.ts'
import { STATE_VERSION } from '../deaths/state.ts'
import { unexpected } from '../options/bad-option.ts'
import { readOptions } from '../options/read-options.ts'
import type { IORedisClient, NodeRedisClient } from './redis-client.ts'
import { type RunScript, scriptsOf } from './run-script.ts'
import { LOAD, RECORD, UPDATE } from './scripts.ts'

export type { IORedisClient, NodeRedisClient }

/** How many deaths of a build are kept, the newest: a fleet has more of them than one process. */
const DEATHS_KEPT = 100
/** Seconds after which a build is forgotten that no process asks for. */
const KEPT_FOR: number = 7 * 24 * 3_600

/** The options of {@link redisStore}. */
export interface RedisStoreOptions {
  /** What the names of its keys start with: one for each app that uses the Redis. Default: `fastify-isolate`. */
  prefix?: string
}

/**
 * Keeps the deaths of a fleet and its closed routes in Redis, for `quarantine.store`. Each build has a stream of its
 * newest 100 deaths and a hash of its routes; both expire seven days after a process has last asked for them.
 *
 * @param client The app's own client of node-redis or ioredis, from version 5. It is neither connected nor closed here.
 * @param options See {@link RedisStoreOptions}.
 * @throws {TypeError} `FST_ISOLATE_BAD_OPTION` where the client or an option is of another kind.
 */
export function redisStore(
  client: NodeRedisClient | IORedisClient,
  options: RedisStoreOptions = {},
): QuarantineStore {
  const run = scriptsOf(client)
  const prefix = readOptions({ where: '', name: '', value: options }, ['prefix'])('prefix')
  const { value = 'fastify-isolate' } = prefix
  if (typeof value !== 'string' || value === '') throw unexpected(prefix, 'a text that is not empty')
  return new RedisStore(run, value)
}

class RedisStore implements QuarantineStore {
  readonly #run: RunScript
  readonly #prefix: string
  /** What is loading now, by the build. */
  readonly #loading: Map<string, Promise<StoredState>> = new Map()

  constructor(run: RunScript, prefix: string) {
    this.#run = run
    this.#prefix = prefix
  }

  /** A client may hold commands back until Redis is there again: no more than one of these waits with them. */
  load(build: string): Promise<StoredState> {
    const known = this.#loading.get(build)
    if (known !== undefined) return known
    const loading = this.#load(build).finally(() => this.#loading.delete(build))
    this.#loading.set(build, loading)
    return loading
  }

  async record(death: Death): Promise<void> {
    const { id, build } = death
    const values = [`${KEPT_FOR}`, `${DEATHS_KEPT}`, id, JSON.stringify(death)]
    await this.#run(RECORD, [this.#key(build, 'deaths')], values)
  }

  async update({ build, route, from, state }: RouteChange): Promise<boolean> {
    const values = [`${KEPT_FOR}`, route, `${from}`, JSON.stringify(state)]
    return Number(await this.#run(UPDATE, [this.#key(build, 'routes')], values)) === 1
  }

  async #load(build: string): Promise<StoredState> {
    const keys = [this.#key(build, 'deaths'), this.#key(build, 'routes')]
    const [deaths, routes] = lists(await this.#run(LOAD, keys, [`${KEPT_FOR}`]))
    const states = routes.flatMap((route, i) => {
      return i % 2 === 0 ? [[route, parse<RouteState>(routes[i + 1], isRouteState, build)] as const] : []
    })
    return {
      deaths: deaths.map((death) => parse<Death>(death, isDeath, build)),
      routes: Object.fromEntries(states),
    }
  }

  /** Redis Cluster keeps the keys of a build together, by what stands in the braces. */
  #key(build: string, what: 'deaths' | 'routes'): string {
    return `${this.#prefix}:{${STATE_VERSION}:${build}}:${what}`
  }
}

/** The answer of {@link LOAD}, as texts: a client may be set up to give Buffers. */
function lists(answer: unknown): readonly [deaths: string[], routes: string[]] {
  const [deaths, routes] = Array.isArray(answer) ? answer : []
  if (!Array.isArray(deaths) || !Array.isArray(routes)) throw new Error('Redis gave no state of a quarantine')
  return [deaths.map(String), routes.map(String)]
}

/** @throws Error where another program has written something else there. */
function parse<T>(text: string | undefined, is: (value: unknown) => boolean, build: string): T {
  const value: unknown = attempt(() => JSON.parse(text ?? ''), undefined)
  if (is(value)) return value as T
  throw new Error(`Redis holds for build ${build} what this store has not written: delete its keys`)
}
