import type { FastifyInstance } from 'fastify'
import { symbolOf } from '../symbol-of.ts'

/** What settles the promise of `ready()`. Fastify makes one for each boot and calls it by its name. */
interface ReadyResolver {
  resolve(app: unknown): void
  reject(error: unknown): void
}

/**
 * Calls back when the app has become ready, or has failed to. Fastify has no hook for a failure, and whoever waits for
 * the promise of `ready()` takes its rejection from the app: an error that nobody handles would vanish. So the
 * callback runs where Fastify settles that promise. Where nobody calls `ready()` it never runs.
 *
 * @param callback Runs before the promise of `ready()` settles. It must not throw.
 */
export function onBootEnd(app: FastifyInstance, callback: (hasFailed: boolean) => void): void {
  const symbol = symbolOf(app, 'fastify.state')
  const state = symbol && (app as unknown as Record<symbol, { readyResolver?: ReadyResolver | null }>)[symbol]
  if (state === undefined) return
  let current: ReadyResolver | null | undefined
  const follow = (resolver: ReadyResolver | null | undefined): void => {
    current = resolver
    if (!resolver) return
    const { resolve, reject } = resolver
    resolver.resolve = (value) => {
      callback(false)
      resolve(value)
    }
    resolver.reject = (error) => {
      callback(true)
      reject(error)
    }
  }
  follow(state.readyResolver)
  Object.defineProperty(state, 'readyResolver', {
    configurable: true,
    enumerable: true,
    get: () => current,
    set: follow,
  })
}
