import type { FastifyReply } from 'fastify'
import { asError } from '../fastify/as-error.ts'
import type { RequestContext } from '../request/context.ts'
import type { Stage } from './stage.ts'

type Settled = (value?: unknown) => unknown

/**
 * A promise of the app, as Fastify gets it; Fastify uses only `then`. Records a rejection that Fastify would drop
 * because the client has its answer. A class and not a new promise, which would cost more on every asynchronous
 * request.
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
    context.awaited = promise
  }

  // biome-ignore lint/suspicious/noThenProperty: Fastify asks handlers and hooks for nothing but `then`
  then(resolve: Settled, reject: Settled): void {
    const fail = (error: unknown): unknown =>
      this.#stage.takes(this.#context, this.#reply, error) ? undefined : reject(asError(error))
    try {
      this.#promise.then(this.#stage.name === 'hook' ? this.#goOn(resolve, reject) : resolve, fail)
    } catch (error) {
      fail(error) // the app's own `then` may throw
    }
  }

  /** Fastify runs the rest of the lifecycle inside of `resolve`, outside of any `try`. */
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
