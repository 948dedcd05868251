import type { FastifyReply, FastifyRequest } from 'fastify'
import { asError } from '../fastify/as-error.ts'
import type { Internals } from '../fastify/internals.ts'
import { isThenable } from '../is-thenable.ts'
import { isOutside, requestStorage } from '../request/async-context.ts'
import type { RequestContext } from '../request/context.ts'
import { contextOf } from '../request/context-slot.ts'
import type { Guards } from './guards.ts'
import { GuardedPromise } from './promise.ts'

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown

const NO_HEADERS: Record<string, unknown> = Object.freeze({})

/** Guards a route's handler. */
export function guardHandler(handler: Handler, { internals, inHandler }: Guards): Handler {
  function guarded(request: FastifyRequest, reply: FastifyReply): unknown {
    const context = contextOf(request)
    if (context === undefined) return handler(request, reply)
    if (isOutside(context)) return requestStorage.run(context.stored, guarded, request, reply)
    context.origin = 'handler'
    rememberHookHeaders(context, reply, internals)
    try {
      const result = handler(request, reply)
      return isThenable(result) && (result as unknown) !== reply
        ? new GuardedPromise(result, context, reply, inHandler)
        : result
    } catch (error) {
      if (inHandler.takes(context, reply, error)) return undefined
      throw asError(error)
    }
  }
  return guarded
}

function rememberHookHeaders(context: RequestContext, reply: FastifyReply, internals: Internals): void {
  const headers = internals.headers(reply)
  context.hookHeaders = NO_HEADERS
  for (const _name in headers) {
    context.hookHeaders = { ...headers }
    break
  }
  const { raw } = reply
  context.hookRawHeaders = raw.getHeaderNames().length === 0 ? NO_HEADERS : raw.getHeaders()
}
