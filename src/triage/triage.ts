import type { FastifyReply, FastifyRequest } from 'fastify'
import { dropHeadersOfTheSuccess } from '../answer/headers.ts'
import { answerRaw, cut } from '../answer/raw.ts'
import { originalOf } from '../fastify/as-error.ts'
import type { Internals } from '../fastify/internals.ts'
import { isFatalError } from '../fault/fatal-error.ts'
import type { Fault, Origin } from '../fault/fault.ts'
import { fingerprintOf } from '../fault/fingerprint.ts'
import { messageOf, typeName } from '../fault/thrown.ts'
import { logTrouble } from '../log/log.ts'
import { isClientAbort } from '../request/client-abort.ts'
import type { Outcome, RequestContext } from '../request/context.ts'
import type { Settler } from '../request/record-fault.ts'
import { expectationOf } from './expected.ts'

function isSameBug(fault: Fault, error: unknown): boolean {
  if (typeName(fault.error) === typeName(error) && messageOf(fault.error) === messageOf(error)) return true
  return fault.fingerprint === fingerprintOf(error)
}

/** Whether an error is the one that was triaged last, also after the response has closed. */
function wasTriaged({ triaged, triagedBefore }: RequestContext, error: unknown): boolean {
  if (triaged !== undefined) return Object.is(triaged.error, error)
  return triagedBefore !== undefined && triagedBefore.deref() === error
}

/** Tells faults from answers, exactly once for each error of a request. */
export class Triage {
  readonly #settler: Settler
  readonly #internals: Internals

  constructor(settler: Settler, internals: Internals) {
    this.#settler = settler
    this.#internals = internals
  }

  /** Judges an error on its way to the error handlers. */
  triage(context: RequestContext, thrown: unknown, request: FastifyRequest): Outcome {
    const error = originalOf(thrown)
    const { triaged } = context
    if (triaged !== undefined && Object.is(triaged.error, error)) return triaged.outcome
    context.sending = false
    const outcome = this.#triage(context, error, request)
    context.triaged = { error, outcome }
    context.fault = typeof outcome === 'object' ? outcome : undefined
    return outcome
  }

  #triage(context: RequestContext, error: unknown, request: FastifyRequest): Outcome {
    if (isClientAbort(error, request)) {
      logTrouble(context.log, 'info', error, 'the client went away before its request was done')
      return 'client-abort'
    }
    if (this.#isExpected(context, error, request)) return 'expected'
    const { fault } = context
    if (fault !== undefined && !isFatalError(error)) {
      // the app's own error handler failed on a fault: one bug, one fault, and the failure is told beside it
      logTrouble(context.log, 'error', error, 'the answer to a failed request could not be made', {
        faultId: fault.id,
      })
      return fault
    }
    return this.#settler.settle(error, context.phase, 'call', context)
  }

  #isExpected(context: RequestContext, error: unknown, request: FastifyRequest | undefined): boolean {
    const { expected, failure } = expectationOf(error, context.route.expected, request)
    if (failure !== undefined) {
      logTrouble(context.log, 'error', failure, 'the `expected` option failed: the error counts as a fault')
    }
    return expected
  }

  /**
   * An error that comes when the answer is settled: it is a fault, and the answer stays as it is. A hijacked
   * reply has nobody to end it, so it is answered or cut.
   */
  recordAfterAnswer(context: RequestContext, thrown: unknown, origin: Origin, reply: FastifyReply): void {
    this.recordDropped(context, thrown, origin)
    const { raw } = reply
    const isHijacked = reply.sent && !raw.writableEnded && !context.sending
    if (!isHijacked) return
    if (!raw.headersSent) dropHeadersOfTheSuccess(context, reply, this.#internals)
    answerRaw(reply, this.#internals)
  }

  /**
   * An error of the answer to a fault. Whatever fails on every answer (an `onSend` hook, a serializer) was logged
   * as the fault that this answer is for; anything else is one more fault.
   */
  recordWhileAnswering(context: RequestContext, thrown: unknown): void {
    const error = originalOf(thrown)
    if (context.fault === undefined || !isSameBug(context.fault, error)) {
      this.recordDropped(context, error, context.phase)
    }
  }

  /**
   * Whether Fastify has no error handler left for this reply, and would write the next error into its answer. Then
   * the error is triaged here and the reply answered past Fastify.
   */
  answersInstead(context: RequestContext, error: unknown, reply: FastifyReply): boolean {
    if (!this.#internals.hasNoErrorHandlerLeft(reply)) return false
    this.recordDropped(context, error, context.phase)
    answerRaw(reply, this.#internals)
    return true
  }

  /** An error that nothing else would tell of. */
  recordDropped(context: RequestContext, thrown: unknown, origin: Origin = 'hook'): void {
    const error = originalOf(thrown)
    if (wasTriaged(context, error)) return // as `reply.send(error); throw error` does
    if (isClientAbort(error, context.request)) {
      logTrouble(context.log, 'info', error, 'the client went away before its request was done')
    } else {
      this.#settler.settle(error, origin, 'call', context)
    }
  }

  /** A body stream that failed after its first byte: the connection is cut. */
  streamFailed(context: RequestContext, thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = originalOf(thrown)
    if (isClientAbort(error, request)) {
      logTrouble(context.log, 'info', error, 'the client went away before it had its answer')
    } else {
      const bytesSent = context.bytesSent === -1 ? undefined : context.bytesSent
      this.#settler.settle(error, 'stream', 'call', context, { bytesSent })
    }
    cut(reply)
  }
}
