import type { FastifyReply } from 'fastify'
import { answerFault } from '../answer/answer.ts'
import { answerRaw, cut } from '../answer/raw.ts'
import { asError, originalOf } from '../fastify/as-error.ts'
import type { ErrorHandlerLink } from '../fastify/compiled-route.ts'
import { isThenable } from '../is-thenable.ts'
import { isOutside, requestStorage } from '../request/async-context.ts'
import { NO_STATUS, type RequestContext } from '../request/context.ts'
import { contextOf } from '../request/context-slot.ts'
import type { Guards } from './guards.ts'
import { isAnswered } from './stage.ts'

type HandlerFunction = NonNullable<ErrorHandlerLink['func']>

/** Returns the error handlers of a chain, the route's own first and Fastify's default last. */
function functionsOf(chain: ErrorHandlerLink): HandlerFunction[] {
  const functions: HandlerFunction[] = []
  for (let link = chain; typeof link?.func === 'function'; link = Object.getPrototypeOf(link)) {
    functions.push(link.func)
  }
  return functions
}

function link(parent: object, func: HandlerFunction): ErrorHandlerLink {
  return Object.assign(Object.create(parent) as ErrorHandlerLink, { func })
}

/** Returns a copy of a chain with one more handler of the app right before Fastify's default. */
export function withRootHandler(chain: ErrorHandlerLink, handler: HandlerFunction): ErrorHandlerLink {
  const functions = functionsOf(chain)
  const fastifyDefault = functions.pop() as HandlerFunction
  return [...functions, handler].reduceRight<ErrorHandlerLink>(
    (parent, func) => link(parent, func),
    link(Object.prototype, fastifyDefault),
  )
}

/**
 * Rebuilds a route's chain of error handlers: the same handlers in the same order, each guarded, then the plugin's
 * answer to a fault in place of Fastify's default, then a raw answer for when even that fails. An expected error is
 * still answered by Fastify's default.
 */
export function guardErrorHandlers(chain: ErrorHandlerLink, guards: Guards): ErrorHandlerLink {
  const functions = functionsOf(chain)
  const fastifyDefault = functions.pop() as HandlerFunction
  const rawAnswer = link(Object.prototype, (error, request, reply) => {
    const context = contextOf(request)
    if (context !== undefined) guards.triage.recordWhileAnswering(context, error)
    answerRaw(reply)
  })
  const ours = link(rawAnswer, endOfChain(fastifyDefault, guards))
  return functions.reduceRight<ErrorHandlerLink>(
    (parent, func) => link(parent, guardErrorHandler(func, guards)),
    ours,
  )
}

/** The last handler of the chain: Fastify's default for an expected error, the masked answer for a fault. */
function endOfChain(fastifyDefault: HandlerFunction, guards: Guards): HandlerFunction {
  const { triage, internals } = guards
  const end: HandlerFunction = (thrown, request, reply) => {
    const context = contextOf(request)
    const error = originalOf(thrown)
    if (context === undefined) {
      // the 404 handler of an opted-out route: as in bare Fastify, nothing comes after Fastify's default
      internals.setNextErrorHandler(reply, Object.prototype)
      return fastifyDefault(error, request, reply)
    }
    if (isOutside(context)) return requestStorage.run(context.stored, end, thrown, request, reply)
    const outcome = triage.triage(context, error, request)
    if (outcome === 'client-abort') return cut(reply)
    if (outcome !== 'expected') return answerFault(context, outcome, reply, internals)
    if (reply.raw.headersSent) return cut(reply)
    internals.setNextErrorHandler(reply, afterDefault(error, context, guards))
    return fastifyDefault(error, request, reply)
  }
  return end
}

/**
 * The handler after Fastify's default, which sends the error again: here `reply.send()` finds no further handler
 * and serializes it.
 */
function afterDefault(expected: unknown, context: RequestContext, { triage }: Guards): ErrorHandlerLink {
  return link(Object.prototype, (error, request, reply) => {
    if (error === expected) {
      context.sending = true // an error from here on is one of the answer, which has its status
      try {
        reply.send(error)
        return
      } catch (failure) {
        triage.recordDropped(context, failure, 'reply') // Node refuses a header that the app had set
      }
    } else triage.recordUnanswered(context, error, request)
    answerRaw(reply)
  })
}

/**
 * Guards an error handler of the app, which gets the original error. If it throws or rejects, Fastify calls the
 * next handler, as without the plugin. If its promise resolves without an answer to a fault, the plugin answers.
 */
function guardErrorHandler(handler: HandlerFunction, guards: Guards): HandlerFunction {
  const guarded: HandlerFunction = (thrown, request, reply) => {
    const context = contextOf(request)
    const error = originalOf(thrown)
    if (context === undefined) return handler(error, request, reply)
    // a `handlerTimeout` comes out of none
    if (isOutside(context)) return requestStorage.run(context.stored, guarded, thrown, request, reply)
    guards.triage.triage(context, error, request)
    try {
      const result = handler(error, request, reply)
      if (!isThenable(result) || (result as unknown) === reply) return result
      return new ErrorHandlerPromise(result, context, reply, guards)
    } catch (failure) {
      if (takesFailure(context, reply, failure, guards)) return undefined
      throw asError(failure)
    }
  }
  return guarded
}

/**
 * Records what an error handler of the app throws after the answer.
 *
 * @returns False where the answer is still to be made: the error is for Fastify, which calls the next handler.
 */
function takesFailure(
  context: RequestContext,
  reply: FastifyReply,
  failure: unknown,
  { triage }: Guards,
): boolean {
  context.statusAtError = NO_STATUS // what it had set was meant for the error that it handles
  if (!isAnswered(context, reply)) return false
  triage.recordAfterAnswer(context, reply, failure, 'handler')
  return true
}

/** The promise of an error handler of the app, as Fastify gets it. */
class ErrorHandlerPromise {
  readonly #promise: PromiseLike<unknown>
  readonly #context: RequestContext
  readonly #reply: FastifyReply
  readonly #guards: Guards

  constructor(promise: PromiseLike<unknown>, context: RequestContext, reply: FastifyReply, guards: Guards) {
    this.#promise = promise
    this.#context = context
    this.#reply = reply
    this.#guards = guards
    context.awaited = promise
  }

  // biome-ignore lint/suspicious/noThenProperty: Fastify asks error handlers for nothing but `then`
  then(resolve: (value: unknown) => unknown, reject: (error: unknown) => unknown): void {
    const context = this.#context
    const reply = this.#reply
    const { internals } = this.#guards
    this.#promise.then(
      (payload) => {
        const hasAnswered = isAnswered(context, reply) || reply.raw.headersSent
        if (payload === undefined && !hasAnswered && context.fault !== undefined) {
          return answerFault(context, context.fault, reply, internals)
        }
        return payload === undefined && hasAnswered ? undefined : resolve(payload)
      },
      (failure) => {
        if (!takesFailure(context, reply, failure, this.#guards)) reject(asError(failure))
      },
    )
  }
}
