import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { asError } from '../fastify/as-error.ts'
import { isThenable } from '../is-thenable.ts'
import { isOutside, requestStorage } from '../request/async-context.ts'
import { contextOf } from '../request/context-slot.ts'
import type { Guards } from './guards.ts'
import { GuardedPromise } from './promise.ts'

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown

/** Fastify tells its subscribers of what it catches from a handler. */
const handlers: TracingChannel = tracingChannel('fastify.request.handler')

const NO_HEADERS: Record<string, unknown> = Object.freeze({})

/**
 * Guards a route's handler.
 *
 * @param hasHooks Whether the app has hooks that run before the handler, and may set headers.
 * @param isThrown Whether the caller catches what the handler throws, and has an answer of its own for it.
 */
export function guardHandler(
  handler: Handler,
  { internals, inHandler }: Guards,
  hasHooks: boolean,
  isThrown = false,
): Handler {
  function guarded(request: FastifyRequest, reply: FastifyReply): unknown {
    const context = contextOf(request)
    if (context === undefined) return handler(request, reply)
    if (isOutside(context)) return requestStorage.run(context.stored, guarded, request, reply)
    context.origin = 'handler'
    // `callNotFound()` comes to a second handler, with the headers of the first
    const mayHaveHeaders = hasHooks || context.hookHeaders !== undefined
    context.hookHeaders = mayHaveHeaders ? copyOf(internals.headers(reply)) : NO_HEADERS
    const { raw } = reply
    context.hookRawHeaders = raw.getHeaderNames().length === 0 ? NO_HEADERS : raw.getHeaders()
    try {
      const result = handler(request, reply)
      return isThenable(result) && (result as unknown) !== reply
        ? new GuardedPromise(result, context, reply, inHandler)
        : result
    } catch (error) {
      if (inHandler.takes(context, reply, error)) return undefined
      if (isThrown || handlers.hasSubscribers) throw asError(error)
      // as Fastify does with what it catches: a second throw costs V8 as much as the first
      internals.markAsError(reply)
      reply.send(asError(error))
      return undefined
    }
  }
  return guarded
}

function copyOf(headers: Record<string, unknown>): Record<string, unknown> {
  for (const _name in headers) return { ...headers }
  return NO_HEADERS
}
