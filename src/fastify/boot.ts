import type { FastifyInstance } from 'fastify'
import type { BootState, ReadyResolver } from './boot-state.ts'
import type { Internals } from './internals.ts'

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
export function onBootEnd(app: FastifyInstance, internals: Internals, callback: OnBootEnd): void {
  const state = internals.stateOf(app)
  const callbacks = followed.get(state)
  if (callbacks === undefined) follow(state, [callback])
  else callbacks.push(callback)
}

function follow(state: BootState, callbacks: OnBootEnd[]): void {
  followed.set(state, callbacks)
  let current: ReadyResolver | null = null
  const replace = (resolver: ReadyResolver | null): void => {
    current = resolver
    if (resolver === null) return
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
export function onGone(app: FastifyInstance, internals: Internals, callback: () => void): void {
  app.addHook('onClose', (_app, done) => {
    callback()
    done()
  })
  onBootEnd(app, internals, (hasFailed) => {
    if (hasFailed) setImmediate(callback)
  })
}
