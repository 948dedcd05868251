import type { FastifyReply } from 'fastify'
import { asError } from '../fastify/as-error.ts'
import type { RequestContext } from '../request/context.ts'
import type { Stage } from './stage.ts'

type Settled = (value?: unknown) => unknown

/**
 * Stands between a promise of the app and Fastify's `then`, which is its only use: an error that Fastify would
 * drop, because the answer was settled, becomes a fault. A class and not a new promise, for one is made on every
 * asynchronous request.
 */
export class GuardedPromise {
  readonly #promise: PromiseLike<unknown>
  readonly #context: RequestContext
  readonly #reply: FastifyReply
  readonly #stage: Stage

  constructor(promise: PromiseLike<unknown>, context: RequestContext, reply: FastifyReply, stage: Stage) {
    this.#promise = promise
    this.#context = context
    this.#reply = reply
    this.#stage = stage
  }

  // biome-ignore lint/suspicious/noThenProperty: Fastify asks handlers and hooks for nothing but `then`
  then(resolve: Settled, reject: Settled): void {
    const fail = (error: unknown): unknown =>
      this.#stage.takes(this.#context, this.#reply, error) ? undefined : reject(asError(error))
    try {
      this.#promise.then(this.#stage.name === 'hook' ? this.#goOn(resolve, reject) : resolve, fail)
    } catch (error) {
      fail(error) // a thenable of the app's own may throw
    }
  }

  /** Fastify runs the rest of the lifecycle inside of this `then`, outside of any `try`. */
  #goOn(resolve: Settled, reject: Settled): Settled {
    return (value) => {
      try {
        return resolve(value)
      } catch (error) {
        return this.#stage.failAfterHook(this.#context, this.#reply, error, reject)
      }
    }
  }
}
