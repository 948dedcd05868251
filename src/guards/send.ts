import type { FastifyInstance, FastifyReply } from 'fastify'
import { asError, isError } from '../fastify/as-error.ts'
import { isErrorLike, readProperty } from '../fault/thrown.ts'
import { contextOf, type RequestContext } from '../request/context.ts'
import type { Guards } from './guards.ts'

function isStream(payload: unknown): boolean {
  if (typeof payload !== 'object' || payload === null) return false
  return (
    typeof (payload as { pipe?: unknown }).pipe === 'function' ||
    typeof (payload as { getReader?: unknown }).getReader === 'function' ||
    (payload as { bodyUsed?: unknown }).bodyUsed !== undefined
  )
}

/** Counts the body's bytes, so that a stream's fault can say how many its client got. */
function countBytes(context: RequestContext, reply: FastifyReply): void {
  const { raw } = reply
  const write = raw.write
  context.bytesSent = 0
  raw.write = function countingWrite(this: typeof raw, chunk: unknown, ...rest: unknown[]): boolean {
    const length = typeof chunk === 'string' ? Buffer.byteLength(chunk) : readProperty(chunk, 'byteLength')
    context.bytesSent += Number(length) || 0
    return (write as (...all: unknown[]) => boolean).call(this, chunk, ...rest)
  } as typeof raw.write
}

/** Node takes an `error` event without an error for the end of the stream: the client would wait for ever. */
function raiseEmptyErrors(stream: unknown, fail: (error: unknown) => void): void {
  const { on } = stream as { on?: NodeJS.ReadableStream['on'] }
  if (typeof on !== 'function') return
  on.call(stream as NodeJS.ReadableStream, 'error', (error: unknown) => {
    if (error == null) fail(error)
  })
}

/**
 * Fastify sets a property on what a serializer throws, which fails on what is frozen or no object: then the
 * TypeError of that arrives here, and serializing once more gives what was thrown.
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
 * Guards `reply.send()` on every reply of an app: an answer that is under way must not be taken for none, an
 * error that arrives then comes from the reply, and what `send` itself throws is answered instead of escaping
 * from a callback of the app.
 */
export function guardSend(app: FastifyInstance, { internals, triage }: Guards): void {
  const prototype = internals.replyPrototype(app)
  const send = prototype.send
  prototype.send = function guardedSend(this: FastifyReply, payload?: unknown): FastifyReply {
    const context = contextOf(this.request)
    if (context === undefined || internals.isMarkedAsError(this) || isError(payload)) {
      return send.call(this, payload)
    }
    // an error of another realm that an error handler passes on: to Fastify it is an object like any other
    if (context.triaged !== undefined && isErrorLike(payload)) return failSend(this, payload)
    context.sending = true
    context.origin = 'reply'
    try {
      if (isStream(payload)) {
        context.origin = 'stream'
        countBytes(context, this)
        raiseEmptyErrors(payload, (error) => {
          if (this.raw.headersSent) triage.streamFailed(context, this, error)
          else failSend(this, error)
        })
      }
      return send.call(this, payload)
    } catch (error) {
      // the app's own mistake to learn of, and no answer was lost by it
      context.sending = false
      if (readProperty(error, 'code') === 'FST_ERR_SEND_INSIDE_ONERR') throw error
      return failSend(this, thrownBySerializer(error, this, payload))
    }
  } as typeof send

  function failSend(reply: FastifyReply, error: unknown): FastifyReply {
    return send.call(reply, asError(error))
  }
}
