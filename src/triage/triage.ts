import type { FastifyReply, FastifyRequest } from 'fastify'
import { dropHeadersOfTheSuccess } from '../answer/headers.ts'
import { answerRaw, cut } from '../answer/raw.ts'
import { readCode } from '../error-properties.ts'
import { isError, originalOf } from '../fastify/as-error.ts'
import type { Internals } from '../fastify/internals.ts'
import type { Fault, Origin } from '../fault/fault.ts'
import { fingerprintOf } from '../fault/fingerprint.ts'
import { isErrorStatus, isFastifyError, statusOf } from '../fault/http-error.ts'
import { isFatalError } from '../fault/is-fatal-error.ts'
import { messageOf, typeName } from '../fault/thrown.ts'
import type { IsolatedApp } from '../isolated-app.ts'
import { logRequestAbort, logRequestFailure } from '../log/request-lines.ts'
import { abortOf, isAbort } from '../request/client-abort.ts'
import type { Outcome, RequestContext } from '../request/context.ts'
import { type ErrorCircumstances, expectationOf } from './expected.ts'

function isSameBug(fault: Fault, error: unknown): boolean {
  if (typeName(fault.error) === typeName(error) && messageOf(fault.error) === messageOf(error)) return true
  return fault.fingerprint === fingerprintOf(error)
}

/**
 * The status of 400 to 599 that the app had set on the reply before an error. A reply whose answer is under way has a
 * status that was meant for that answer and says nothing of the error.
 */
function statusBefore({ sending, statusAtError, reply }: RequestContext): number | undefined {
  const status = statusAtError ?? reply?.statusCode
  return !sending && isErrorStatus(status) ? status : undefined
}

/** Whether an error is that of a `handlerTimeout` of Fastify's. */
export function isHandlerTimeout(error: unknown): boolean {
  return readCode(error) === 'FST_ERR_HANDLER_TIMEOUT' && isFastifyError(error)
}

/** Tells expected errors, clients that went away and faults apart, exactly once for each error of a request. */
export class Triage {
  readonly #app: IsolatedApp
  readonly #internals: Internals

  constructor(app: IsolatedApp, internals: Internals) {
    this.#app = app
    this.#internals = internals
  }

  /** Triages an error on its way to the error handlers. */
  triage(context: RequestContext, thrown: unknown, request: FastifyRequest): Outcome {
    const error = originalOf(thrown)
    const { triaged } = context
    const replyStatus = statusBefore(context)
    context.sending = false
    context.statusAtError = undefined
    if (triaged !== undefined && Object.is(triaged.error, error)) return triaged.outcome
    context.replyStatus = undefined
    const outcome = this.#outcomeOf(context, error, { request, reply: context.reply, replyStatus })
    if (isHandlerTimeout(error)) context.end('timed out')
    context.triaged = { error, outcome }
    context.fault = typeof outcome === 'object' ? outcome : undefined
    return outcome
  }

  #outcomeOf(context: RequestContext, error: unknown, circumstances: ErrorCircumstances): Outcome {
    const isOfAnswer = this.#isOfAnswer(context, error, circumstances)
    if (!isOfAnswer && this.#isAbort(context, error, circumstances.request)) return 'client-abort'
    if (this.#isExpected(context, error, circumstances)) return 'expected'
    const { replyStatus = 0 } = circumstances
    if (context.route.expected === 'convention' && replyStatus >= 500) {
      const ownStatus = statusOf(error) ?? 0 // as in Fastify, it comes before that of the reply
      if (ownStatus < 500) context.replyStatus = replyStatus
    }
    const recorded = this.#app.faultOf(error, context) // reported before it was thrown
    if (recorded !== undefined) return recorded
    const { fault } = context
    if (fault !== undefined && !isFatalError(error)) {
      // an error handler of the app failed on a fault: log the failure, but record no second fault
      logRequestFailure(context, error, 'the answer to a failed request could not be made', {
        faultId: fault.id,
      })
      return fault
    }
    return this.#record(context, error, context.origin)
  }

  /**
   * Whether an error handler of the app let through an abort that only follows from the end of its request: the
   * client is still there and waits for the answer.
   */
  #isOfAnswer(context: RequestContext, error: unknown, { request, reply }: ErrorCircumstances): boolean {
    if (context.fault === undefined || reply === undefined || reply.raw.destroyed) return false
    return abortOf(error, context, request) === 'consequence'
  }

  #isExpected(context: RequestContext, error: unknown, circumstances: ErrorCircumstances): boolean {
    const { expected, failure } = expectationOf(error, context.route.expected, circumstances)
    if (failure !== undefined) {
      logRequestFailure(context, failure, 'the `expected` option failed: the error counts as a fault')
    }
    return expected
  }

  #record(context: RequestContext, error: unknown, origin: Origin, extra?: Record<string, unknown>): Fault {
    return this.#app.recordFault({ error, origin, attributedTo: 'call', context, extra })
  }

  /**
   * Records an error that comes after the answer, which stays as it is. Answers or cuts a hijacked reply, which the
   * app would not end any more.
   */
  recordAfterAnswer(context: RequestContext, reply: FastifyReply, thrown: unknown, origin: Origin): void {
    this.recordDropped(context, thrown, origin)
    const { raw } = reply
    const isHijacked = reply.sent && !raw.writableEnded && !context.sending
    if (!isHijacked) return
    if (!raw.headersSent) dropHeadersOfTheSuccess(context, reply, this.#internals)
    answerRaw(reply)
  }

  /**
   * Records an error that occurred while a fault was being answered, unless it is the same bug: an `onSend` hook or
   * serializer that fails on every answer was recorded as that fault.
   */
  recordWhileAnswering(context: RequestContext, thrown: unknown): void {
    const error = originalOf(thrown)
    if (context.fault === undefined || !isSameBug(context.fault, error)) {
      this.recordDropped(context, error, context.origin)
    }
  }

  /**
   * If Fastify has no error handler left for a reply, and so would write the error into the answer, records the
   * error and answers without Fastify. An expected error is written by Fastify.
   *
   * @returns False where the error is for Fastify: nothing was done.
   */
  answersInstead(context: RequestContext, reply: FastifyReply, error: unknown): boolean {
    if (!this.#internals.hasNoErrorHandlerLeft(reply)) return false
    // of what is not an Error Fastify can write nothing
    if (this.triage(context, error, reply.request) === 'expected' && isError(error)) return false
    this.recordUnanswered(context, error, reply.request)
    answerRaw(reply)
    return true
  }

  /**
   * Triages what the answer to an expected error fails with. The client gets a bare 500, of which nothing else tells, so
   * it is a fault even where it would be an answer itself.
   */
  recordUnanswered(context: RequestContext, thrown: unknown, request: FastifyRequest): void {
    if (this.triage(context, thrown, request) !== 'expected') return
    const error = originalOf(thrown)
    if (!context.hasRecorded(error)) this.#record(context, error, context.origin)
  }

  /** Records an error that Fastify would drop without a log line. */
  recordDropped(
    context: RequestContext,
    thrown: unknown,
    origin: Origin = 'hook',
    extra?: Record<string, unknown>,
  ): void {
    const error = originalOf(thrown)
    if (context.wasTriaged(error)) return // as `reply.send(error); throw error` does
    if (context.hasRecorded(error) || this.#isAbort(context, error, context.request)) return
    this.#record(context, error, origin, extra)
  }

  /** Records that the server destroyed a response with an error: no function of Fastify's tells of it. */
  recordDestroyed(context: RequestContext, error: unknown): void {
    this.recordDropped(context, error, 'stream', bytesSentOf(context))
  }

  /** Records that a body stream failed after its first byte: the connection is cut. */
  streamFailed(context: RequestContext, reply: FastifyReply, thrown: unknown): void {
    const error = originalOf(thrown)
    // another answer was made in its place, as after a header that Node refuses, and Fastify then ends the stream
    if (isAbort(error) && reply.raw.writableFinished) return
    if (!context.hasRecorded(error) && !this.#isAbort(context, error, reply.request, 'it had its answer')) {
      this.#record(context, error, 'stream', bytesSentOf(context))
    }
    cut(reply)
  }

  /** Whether an error is no fault, because the client disconnected, which is logged, or because of what came before. */
  #isAbort(
    context: RequestContext,
    error: unknown,
    request: FastifyRequest | undefined,
    before?: 'it had its answer',
  ): boolean {
    const abort = abortOf(error, context, request)
    if (abort === 'client') logRequestAbort(context, error, before)
    return abort !== undefined
  }
}

function bytesSentOf({ bytesSent }: RequestContext): { bytesSent: number | undefined } {
  return { bytesSent: bytesSent === -1 ? undefined : bytesSent }
}
