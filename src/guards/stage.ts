import type { FastifyReply } from 'fastify'
import { asError } from '../fastify/as-error.ts'
import type { RequestContext } from '../request/context.ts'
import type { Triage } from '../triage/triage.ts'

/** Whether the client's answer is settled or under way, so that an error can't change it any more. */
export function isAnswered(context: RequestContext, reply: FastifyReply): boolean {
  return reply.sent || context.sending
}

/** Where in the life of a request a function of the app runs: says what an error there can still change. */
export class Stage {
  /** Hooks of `send` run while the answer is made, and can still change it. */
  readonly name: 'handler' | 'hook' | 'send'
  readonly origin: 'handler' | 'hook'
  readonly triage: Triage

  constructor(name: Stage['name'], triage: Triage) {
    this.name = name
    this.origin = name === 'handler' ? 'handler' : 'hook'
    this.triage = triage
  }

  /** Whether an error comes too late to change the answer. */
  isSettled(context: RequestContext, reply: FastifyReply): boolean {
    return this.name === 'send' ? reply.sent : isAnswered(context, reply)
  }

  /**
   * Takes an error that Fastify would drop or write into the answer itself.
   *
   * @returns False: it is for Fastify, which will ask the error handlers.
   */
  takes(context: RequestContext, reply: FastifyReply, error: unknown): boolean {
    if (this.isSettled(context, reply)) {
      this.triage.recordAfterAnswer(context, reply, error, this.origin)
      return true
    }
    context.origin = this.origin
    return this.name === 'send' && this.triage.answersInstead(context, reply, error)
  }

  /** Takes what Fastify threw after a hook: a validator's error, or Node's over the headers. It is not the hook's error. */
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
