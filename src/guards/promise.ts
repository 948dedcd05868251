import type { FastifyReply } from 'fastify'
import { asError } from '../fastify/as-error.ts'
import type { RequestContext } from '../request/context.ts'
import type { Triage } from '../triage/triage.ts'

type Settled = (value?: unknown) => unknown

/** Whether the client's answer is settled or under way, so that an error can't change it any more. */
export function isAnswered(context: RequestContext, reply: FastifyReply): boolean {
  return reply.sent || context.sending
}

/** Where a function of the app stands: hooks of `send` run while the answer is made, and can still change it. */
export type Stage = 'handler' | 'hook' | 'send'

/** Whether an error at this stage comes too late to change the answer. */
export function isSettled(context: RequestContext, reply: FastifyReply, stage: Stage): boolean {
  return stage === 'send' ? reply.sent : isAnswered(context, reply)
}

function originOf(stage: Stage): 'handler' | 'hook' {
  return stage === 'handler' ? 'handler' : 'hook'
}

/**
 * Stands between a promise of the app and Fastify's `then`, which is its only use: an error that Fastify would
 * drop, because the answer was settled, becomes a fault. A class and not a new promise, for one is made on every
 * asynchronous request.
 */
export class GuardedPromise {
  readonly #promise: PromiseLike<unknown>
  readonly #context: RequestContext
  readonly #reply: FastifyReply
  readonly #triage: Triage
  readonly #stage: Stage

  constructor(
    promise: PromiseLike<unknown>,
    context: RequestContext,
    reply: FastifyReply,
    triage: Triage,
    stage: Stage,
  ) {
    this.#promise = promise
    this.#context = context
    this.#reply = reply
    this.#triage = triage
    this.#stage = stage
  }

  // biome-ignore lint/suspicious/noThenProperty: Fastify asks handlers and hooks for nothing but `then`
  then(resolve: Settled, reject: Settled): void {
    const fail = (error: unknown): unknown => {
      if (!isSettled(this.#context, this.#reply, this.#stage)) {
        this.#context.phase = originOf(this.#stage)
        if (this.#stage === 'send' && this.#triage.answersInstead(this.#context, error, this.#reply))
          return undefined
        return reject(asError(error))
      }
      this.#triage.recordAfterAnswer(this.#context, error, originOf(this.#stage), this.#reply)
      return undefined
    }
    try {
      this.#promise.then(this.#stage === 'hook' ? this.#goOn(resolve, reject) : resolve, fail)
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
        return failAfterHook(this.#context, this.#reply, this.#triage, reject, error)
      }
    }
  }
}

/** What came after a hook has thrown: a validator, or Node over the headers. It is not the hook's error. */
export function failAfterHook(
  context: RequestContext,
  reply: FastifyReply,
  triage: Triage,
  fail: (error: unknown) => unknown,
  error: unknown,
): unknown {
  if (!reply.sent) return fail(asError(error))
  triage.recordAfterAnswer(context, error, context.phase, reply)
  return undefined
}
