import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { answerRaw } from '../answer/raw.ts'
import { readCode } from '../error-properties.ts'
import { asError, isError } from '../fastify/as-error.ts'
import { isErrorLike, readProperty } from '../fault/thrown.ts'
import type { RequestContext } from '../request/context.ts'
import { contextOf } from '../request/context-slot.ts'
import { isHandlerTimeout } from '../triage/triage.ts'
import { dropBody } from './drop-body.ts'
import type { Guards } from './guards.ts'
import { guardTrailer, type Hook } from './silent-hook.ts'

function isStream(payload: unknown): boolean {
  if (typeof payload !== 'object' || payload === null) return false
  return (
    typeof (payload as { pipe?: unknown }).pipe === 'function' ||
    typeof (payload as { getReader?: unknown }).getReader === 'function' ||
    (payload as { bodyUsed?: unknown }).bodyUsed !== undefined
  )
}

/**
 * Counts the bytes written, so that the log line of a failed stream can say how many were sent. A chunk that Node
 * refuses, such as an object, fails the stream: thrown into it, the error would escape, and the stream would go on to
 * its end as if all were well. So does a stream that is longer or shorter than its `Content-Length` says: the client would
 * take the next answer on the connection for a part of this one, or the other way round.
 */
function watchChunks(
  context: RequestContext,
  reply: FastifyReply,
  stream: unknown,
  fail: (error: unknown) => void,
): void {
  const { raw } = reply
  const write = raw.write
  const isWatched = context.bytesSent !== -1 // an answer before this one was a stream too
  context.bytesSent = 0
  context.stream = stream
  if (isWatched) return
  raw.strictContentLength = true
  const end = raw.end
  raw.end = function watchedEnd(this: typeof raw, ...all: unknown[]): typeof raw {
    try {
      return (end as (...all: unknown[]) => typeof raw).apply(this, all)
    } catch (error) {
      if (readCode(error) !== 'ERR_HTTP_CONTENT_LENGTH_MISMATCH') throw error
      fail(error)
      return this
    }
  } as typeof end
  raw.write = function countingWrite(this: typeof raw, chunk: unknown, ...rest: unknown[]): boolean {
    const length = typeof chunk === 'string' ? Buffer.byteLength(chunk) : readProperty(chunk, 'byteLength')
    context.bytesSent += Number(length) || 0
    try {
      return (write as (...all: unknown[]) => boolean).call(this, chunk, ...rest)
    } catch (error) {
      const source = context.stream as { destroy?(error: unknown): void } | undefined
      if (typeof source?.destroy !== 'function') {
        fail(error) // a stream of the Web
        return false
      }
      source.destroy(error)
      return false
    }
  } as typeof raw.write
}

/**
 * Reports the errors of a stream that the client would wait for ever after: one without an error, which Node takes for
 * the end of the stream, and one that nobody else listens for, as where an `onSend` hook has piped the stream into
 * another one, which gets neither an error nor an end.
 */
function watchErrors(stream: unknown, fail: (error: unknown) => void): void {
  if (typeof (stream as Readable).on !== 'function') return
  const readable = stream as Readable
  readable.on('error', (error: unknown) => {
    if (error == null || readable.listenerCount?.('error') === 1) fail(error)
  })
}

/**
 * Returns what a serializer threw. Fastify sets a property on it, which fails with a TypeError where it is frozen
 * or not an object. Serializing once more then gives the original.
 */
function thrownBySerializer(error: unknown, reply: FastifyReply, payload: unknown): unknown {
  if (!(isError(error) && error instanceof TypeError && /\bserialization\b/.test(error.message))) return error
  try {
    reply.serialize(payload)
    return error
  } catch (original) {
    return original
  }
}

/**
 * Guards `reply.send()` on every reply of an app. It marks that an answer is under way and that a later error comes
 * from the reply, and it answers what `send` itself throws instead of throwing it into a callback of the app.
 */
export function guardSend(app: FastifyInstance, { internals, triage }: Guards): void {
  const prototype = internals.replyPrototype(app)
  const send = prototype.send
  prototype.send = function guardedSend(this: FastifyReply, payload?: unknown): FastifyReply {
    const context = contextOf(this.request)
    if (context === undefined) return send.call(this, payload)
    const isFailure = internals.isMarkedAsError(this) || isError(payload)
    if (context.ended !== undefined && (this.raw.headersSent || (context.sending && !isFailure)))
      return sendTooLate(context, this, payload, isFailure)
    if (isFailure) {
      // before an `onError` hook sets another one
      context.statusAtError ??= this.statusCode
      return sendFailure(context, this, payload)
    }
    // Fastify takes an error of another realm, which an error handler passes on, for a plain object
    if (context.triaged !== undefined && isErrorLike(payload)) return failSend(this, payload)
    context.sending = true
    context.origin = 'reply'
    try {
      if (isStream(payload)) {
        context.origin = 'stream'
        watchStream(context, this, payload)
      }
      return send.call(this, payload)
    } catch (error) {
      if (readCode(error) === 'FST_ERR_SEND_INSIDE_ONERR') {
        // rethrow it, so that the app learns of its mistake; the answer is not affected
        context.sending = false
        throw error
      }
      // the answer counts as under way until the error is triaged: the status of the reply was meant for it
      return failSend(this, thrownBySerializer(error, this, payload))
    }
  } as typeof send

  /**
   * Records what Fastify drops: an error after the answer, and one that comes while `onError` hooks run for another one,
   * which it refuses by a throw that nobody may catch.
   */
  function sendFailure(context: RequestContext, reply: FastifyReply, error: unknown): FastifyReply {
    if (reply.sent && isError(error)) triage.recordAfterAnswer(context, reply, error, 'handler')
    try {
      return send.call(reply, error)
    } catch (refusal) {
      if (readCode(refusal) !== 'FST_ERR_SEND_INSIDE_ONERR') throw refusal
      internals.unmarkAsError(reply) // or the answer to the first error would count as one
      if (isHandlerTimeout(error)) {
        triage.triage(context, error, reply.request)
        answerRaw(reply)
      } else triage.recordDropped(context, error, 'handler')
      return reply
    }
  }

  // A closure in `guardedSend` would cost each request an object that holds its variables.
  function watchStream(context: RequestContext, reply: FastifyReply, stream: unknown): void {
    const fail = (error: unknown): void => {
      if (reply.raw.writableEnded) triage.recordDropped(context, error, 'stream')
      else if (reply.raw.headersSent) triage.streamFailed(context, reply, error)
      else failSend(reply, error)
    }
    watchChunks(context, reply, stream, fail)
    watchErrors(stream, fail)
  }

  /** While the answer that ended the request is still under way, Fastify would send this one too. */
  function sendTooLate(
    context: RequestContext,
    reply: FastifyReply,
    payload: unknown,
    isFailure: boolean,
  ): FastifyReply {
    if (isStream(payload)) dropBody(payload)
    if (isFailure) triage.recordDropped(context, payload, 'handler')
    return reply.raw.writableEnded ? send.call(reply, payload) : reply
  }

  function failSend(reply: FastifyReply, error: unknown): FastifyReply {
    return send.call(reply, asError(error))
  }
}

/** Guards the functions that make trailers, on every reply of an app. */
export function guardTrailers(app: FastifyInstance, { internals, triage }: Guards): void {
  const prototype = internals.replyPrototype(app)
  const { trailer } = prototype
  prototype.trailer = function guardedTrailer(this: FastifyReply, name: string, make: Hook): FastifyReply {
    const context = contextOf(this.request)
    const isGuarded = context !== undefined && typeof make === 'function'
    return trailer.call(this, name, (isGuarded ? guardTrailer(make, context, triage) : make) as never)
  } as typeof trailer
}
