import type { FastifyReply } from 'fastify'
import { asError } from '../fastify/as-error.ts'
import { isErrorStatus } from '../fault/http-error.ts'
import { readProperty } from '../fault/thrown.ts'
import type { RequestContext } from '../request/context.ts'
import type { Triage } from '../triage/triage.ts'

/** Whether the answer was sent or is under way, so that an error cannot change it any more. */
export function isAnswered(context: RequestContext, reply: FastifyReply): boolean {
  return reply.sent || context.sending
}

/** The status on the reply, or the one that Express' convention has on the error. */
function statusAt(reply: FastifyReply, error: unknown, isMiddleware: boolean): number {
  const status = isMiddleware ? readProperty(error, 'status') : undefined
  return isErrorStatus(status) ? status : reply.statusCode
}

/**
 * The stage of the request lifecycle in which a function of the app runs. Decides what happens to an error of that
 * function.
 */
export class Stage {
  /**
   * `middleware`: hooks that run middleware of Express. `send`: hooks that run while the answer is made, and can still
   * change it.
   */
  readonly name: 'handler' | 'hook' | 'middleware' | 'send'
  readonly origin: 'handler' | 'hook'
  readonly triage: Triage

  constructor(name: Stage['name'], triage: Triage) {
    this.name = name
    this.origin = name === 'handler' ? 'handler' : 'hook'
    this.triage = triage
  }

  /** Whether an error comes too late to change the answer, which may still be under way. */
  isTooLate(context: RequestContext, reply: FastifyReply): boolean {
    return this.name === 'send' ? reply.sent : isAnswered(context, reply) || context.ended !== undefined
  }

  /**
   * Records an error that Fastify would drop or write into the answer itself.
   *
   * @returns False where the error is for Fastify, which calls the error handlers.
   */
  takes(context: RequestContext, reply: FastifyReply, error: unknown): boolean {
    if (this.isTooLate(context, reply)) {
      this.triage.recordAfterAnswer(context, reply, error, this.origin)
      return true
    }
    context.origin = this.origin
    context.statusAtError = statusAt(reply, error, this.name === 'middleware')
    return this.name === 'send' && this.triage.answersInstead(context, reply, error)
  }

  /**
   * Handles what Fastify threw after a hook, such as a validator's error or Node's error about a header. It is not
   * the hook's error.
   */
  failAfterHook(
    context: RequestContext,
    reply: FastifyReply,
    error: unknown,
    fail: (error: unknown) => unknown,
  ): unknown {
    if (!reply.sent) return fail(asError(error))
    this.triage.recordAfterAnswer(context, reply, error, context.origin)
    return undefined
  }
}
