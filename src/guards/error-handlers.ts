import type { FastifyReply, FastifyRequest } from 'fastify'
import { answerFault } from '../answer/answer.ts'
import { answerRaw, cut } from '../answer/raw.ts'
import { asError, originalOf } from '../fastify/as-error.ts'
import type { ErrorHandlerLink } from '../fastify/compiled-route.ts'
import type { Internals } from '../fastify/internals.ts'
import { isThenable } from '../is-thenable.ts'
import { contextOf, type RequestContext } from '../request/context.ts'
import type { Triage } from '../triage/triage.ts'
import { isAnswered } from './promise.ts'

type HandlerFunction = NonNullable<ErrorHandlerLink['func']>

/** The links of a chain, the route's own first and Fastify's default last. */
function linksOf(chain: ErrorHandlerLink): HandlerFunction[] {
  const functions: HandlerFunction[] = []
  for (let link = chain; typeof link?.func === 'function'; link = Object.getPrototypeOf(link)) {
    functions.push(link.func)
  }
  return functions
}

function link(parent: object, func: HandlerFunction): ErrorHandlerLink {
  return Object.assign(Object.create(parent) as ErrorHandlerLink, { func })
}

/** Puts one more handler of the app at the root of a chain, right before Fastify's default. */
export function withRootHandler(chain: ErrorHandlerLink, handler: HandlerFunction): ErrorHandlerLink {
  const functions = linksOf(chain)
  const fastifyDefault = functions.pop() as HandlerFunction
  return [...functions, handler].reduceRight<ErrorHandlerLink>(
    (parent, func) => link(parent, func),
    link(Object.prototype, fastifyDefault),
  )
}

/**
 * Rebuilds a route's chain of error handlers: the same handlers in the same order, each of them guarded, with
 * Fastify's default replaced by the answer to a fault, and a raw answer behind it for when even that fails. An
 * expected error still ends at Fastify's default.
 */
export function guardChain(chain: ErrorHandlerLink, triage: Triage, internals: Internals): ErrorHandlerLink {
  const functions = linksOf(chain)
  const fastifyDefault = functions.pop() as HandlerFunction
  const lastResort = link(Object.prototype, (error, request, reply) => {
    const context = contextOf(request)
    if (context !== undefined) triage.recordWhileAnswering(context, error)
    answerRaw(reply, internals)
  })
  const own = link(lastResort, terminal(fastifyDefault, triage, internals))
  return functions.reduceRight<ErrorHandlerLink>(
    (parent, func) => link(parent, guardUserHandler(func, triage, internals)),
    own,
  )
}

/** The end of the chain: Fastify's default for what is expected, the masked answer for a fault. */
function terminal(fastifyDefault: HandlerFunction, triage: Triage, internals: Internals): HandlerFunction {
  return (thrown, request, reply) => {
    const context = contextOf(request)
    const error = originalOf(thrown)
    if (context === undefined) {
      // an opted-out route that called the 404 handler: as in bare Fastify, nothing comes after its default
      internals.setNextErrorHandler(reply, Object.prototype)
      return fastifyDefault(error, request, reply)
    }
    const outcome = triage.triage(context, error, request)
    if (outcome === 'client-abort') return cut(reply)
    if (outcome !== 'expected') return answerFault(context, outcome, request, reply, internals)
    if (reply.raw.headersSent) return cut(reply)
    internals.setNextErrorHandler(reply, afterDefault(error, context, triage, internals))
    return fastifyDefault(error, request, reply)
  }
}

/** Fastify's default sends the error once more: from here it goes to Fastify's serializer and no further. */
function afterDefault(
  expected: unknown,
  context: RequestContext,
  triage: Triage,
  internals: Internals,
): ErrorHandlerLink {
  return link(Object.prototype, (error, request, reply) => {
    if (error === expected) {
      try {
        reply.send(error)
        return
      } catch (failure) {
        triage.recordDropped(context, failure, 'reply') // Node refuses a header that the app had set
      }
    } else triage.triage(context, error, request)
    answerRaw(reply, internals)
  })
}

/**
 * A handler of the app owns the response and gets the original error. When it throws, rejects, or settles
 * without an answer, the next one is asked, as in bare Fastify, and in the end the plugin answers.
 */
function guardUserHandler(handler: HandlerFunction, triage: Triage, internals: Internals): HandlerFunction {
  return (thrown, request, reply) => {
    const context = contextOf(request)
    const error = originalOf(thrown)
    if (context === undefined) return handler(error, request, reply)
    triage.triage(context, error, request)
    try {
      const result = handler(error, request, reply)
      if (!isThenable(result) || (result as unknown) === reply) return result
      return new ErrorHandlerPromise(result, context, request, reply, triage, internals)
    } catch (failure) {
      if (!isAnswered(context, reply)) throw asError(failure)
      triage.recordAfterAnswer(context, failure, 'handler', reply)
      return undefined
    }
  }
}

/** The promise of an error handler of the app. */
class ErrorHandlerPromise {
  readonly #promise: PromiseLike<unknown>
  readonly #context: RequestContext
  readonly #request: FastifyRequest
  readonly #reply: FastifyReply
  readonly #triage: Triage
  readonly #internals: Internals

  constructor(
    promise: PromiseLike<unknown>,
    context: RequestContext,
    request: FastifyRequest,
    reply: FastifyReply,
    triage: Triage,
    internals: Internals,
  ) {
    this.#promise = promise
    this.#context = context
    this.#request = request
    this.#reply = reply
    this.#triage = triage
    this.#internals = internals
  }

  // biome-ignore lint/suspicious/noThenProperty: Fastify asks error handlers for nothing but `then`
  then(resolve: (value: unknown) => unknown, reject: (error: unknown) => unknown): void {
    const context = this.#context
    this.#promise.then(
      (payload) => {
        const hasAnswered = isAnswered(context, this.#reply) || this.#reply.raw.headersSent
        if (payload === undefined && !hasAnswered && context.fault !== undefined) {
          return answerFault(context, context.fault, this.#request, this.#reply, this.#internals)
        }
        return payload === undefined && hasAnswered ? undefined : resolve(payload)
      },
      (failure) => {
        if (!isAnswered(context, this.#reply)) return reject(asError(failure))
        return this.#triage.recordAfterAnswer(context, failure, 'handler', this.#reply)
      },
    )
  }
}
