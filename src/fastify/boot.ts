import type { FastifyInstance } from 'fastify'
import { symbolOf } from '../symbol-of.ts'

/** What settles the promise of `ready()`. Fastify makes one for each boot and calls it by its name. */
interface ReadyResolver {
  resolve(app: unknown): void
  reject(error: unknown): void
}

/** Told when a boot has ended, and whether it has failed. */
type OnBootEnd = (hasFailed: boolean) => void

const followed: WeakMap<object, OnBootEnd[]> = new WeakMap()

/**
 * Calls back when the app has become ready, or has failed to. Fastify has no hook for a failure, and whoever waits for
 * the promise of `ready()` takes its rejection from the app: an error that nobody handles would vanish. So the
 * callback runs where Fastify settles that promise. Where nobody calls `ready()` it never runs.
 *
 * @param callback Runs before the promise of `ready()` settles. It must not throw.
 */
export function onBootEnd(app: FastifyInstance, callback: OnBootEnd): void {
  const symbol = symbolOf(app, 'fastify.state')
  const state = symbol && (app as unknown as Record<symbol, { readyResolver?: ReadyResolver | null }>)[symbol]
  if (state === undefined) return
  const callbacks = followed.get(state)
  if (callbacks === undefined) follow(state, [callback])
  else callbacks.push(callback)
}

function follow(state: { readyResolver?: ReadyResolver | null }, callbacks: OnBootEnd[]): void {
  followed.set(state, callbacks)
  let current: ReadyResolver | null | undefined
  const replace = (resolver: ReadyResolver | null | undefined): void => {
    current = resolver
    if (!resolver) return
    const { resolve, reject } = resolver
    resolver.resolve = (app) => {
      for (const callback of callbacks) callback(false)
      resolve(app)
    }
    resolver.reject = (error) => {
      for (const callback of callbacks) callback(true)
      reject(error)
    }
  }
  replace(state.readyResolver)
  Object.defineProperty(state, 'readyResolver', {
    configurable: true,
    enumerable: true,
    get: () => current,
    set: replace,
  })
}

/**
 * Calls back when there is nothing more to expect of an app: it has closed, or its boot has failed. A failed boot is
 * told only once Node has reported its error to the process where nobody handles it, so that the error is still this
 * app's.
 */
export function onGone(app: FastifyInstance, callback: () => void): void {
  app.addHook('onClose', (_app, done) => {
    callback()
    done()
  })
  onBootEnd(app, (hasFailed) => {
    if (hasFailed) setImmediate(callback)
  })
}
