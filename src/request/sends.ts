import type { FastifyInstance, FastifyReply } from 'fastify'
import { readProperty } from '../fault/thrown.ts'
import { carried, isError } from './carried.ts'
import { contextOf, type RequestContext } from './context.ts'
import type { Internals } from './internals.ts'

function isStream(payload: unknown): boolean {
  if (typeof payload !== 'object' || payload === null) return false
  return (
    typeof (payload as { pipe?: unknown }).pipe === 'function' ||
    typeof (payload as { getReader?: unknown }).getReader === 'function' ||
    payload instanceof Response
  )
}

/** Counts the body's bytes, so that a stream's fault can say how many its client got. */
function countBytes(context: RequestContext, reply: FastifyReply): void {
  const { raw } = reply
  const write = raw.write
  context.bytesSent = 0
  raw.write = function countingWrite(this: typeof raw, chunk: unknown, ...rest: unknown[]): boolean {
    context.bytesSent +=
      typeof chunk === 'string' ? Buffer.byteLength(chunk) : (chunk as Uint8Array).byteLength
    return (write as (...all: unknown[]) => boolean).call(this, chunk, ...rest)
  } as typeof raw.write
}

/**
 * Follows `reply.send()` on every reply of an app: an answer that is under way must not be taken for none, an
 * error that arrives then comes from the reply, and what `send` itself throws is answered instead of escaping
 * from a callback of the app.
 */
export function followSends(app: FastifyInstance, internals: Internals): void {
  const prototype = internals.replyPrototype(app)
  const send = prototype.send
  prototype.send = function followedSend(this: FastifyReply, payload?: unknown): FastifyReply {
    const context = contextOf(this.request)
    if (context === undefined || internals.isMarkedAsError(this) || isError(payload)) {
      return send.call(this, payload)
    }
    context.sending = true
    context.phase = 'reply'
    try {
      if (isStream(payload)) {
        context.phase = 'stream'
        countBytes(context, this)
      }
      return send.call(this, payload)
    } catch (error) {
      // the app's own mistake to learn of, and no answer was lost by it
      if (readProperty(error, 'code') === 'FST_ERR_SEND_INSIDE_ONERR') throw error
      context.sending = false
      internals.markAsError(this)
      return send.call(this, carried(error))
    }
  } as typeof send
}
