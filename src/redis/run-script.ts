import { readProperty } from '../fault/thrown.ts'
import { unexpected } from '../options/bad-option.ts'
import type { IORedisClient, NodeRedisClient } from './redis-client.ts'

/** Runs a script of Lua in Redis. Rejects where the client does, or throws. */
export type RunScript = (
  script: string,
  keys: readonly string[],
  values: readonly string[],
) => Promise<unknown>

/**
 * Finds out how a client runs scripts.
 *
 * @throws {TypeError} `FST_ISOLATE_BAD_OPTION` where it is of neither kind.
 */
export function scriptsOf(client: NodeRedisClient | IORedisClient): RunScript {
  if (has<NodeRedisClient>(client, 'EVAL')) {
    return async (script, keys, values) => client.EVAL(script, { keys: [...keys], arguments: [...values] })
  }
  if (has<IORedisClient>(client, 'eval', 'defineCommand')) {
    return async (script, keys, values) => client.eval(script, keys.length, ...keys, ...values)
  }
  const given = { where: '', name: 'client', value: client }
  throw unexpected(given, 'a client of node-redis or ioredis, such as `createClient()` or `new Redis()`')
}

function has<T>(value: unknown, ...names: readonly (keyof T & string)[]): value is T {
  return names.every((name) => typeof readProperty(value, name) === 'function')
}
