import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IsolatedApp } from '../isolated-app.ts'
import { type LoggedRequest, logRequestFailure } from '../log/request-lines.ts'
import { contextOf } from '../request/context-slot.ts'
import type { Guards } from './guards.ts'

const END_NOT_LOGGED = 'the end of a request could not be logged'

/** The methods of Fastify's log controller that this guard wraps. */
interface LogController {
  incomingRequest(request: FastifyRequest, reply: FastifyReply, metadata?: unknown): void
  requestCompleted(error: unknown, request: FastifyRequest, reply: FastifyReply, metadata?: unknown): void
  streamError(error: unknown, request: FastifyRequest, reply: FastifyReply, metadata?: unknown): void
}

function optedOutRequest({ log, id, routeOptions }: FastifyRequest, { lines }: IsolatedApp): LoggedRequest {
  return { log, route: { lines, pattern: routeOptions.url }, snapshot: () => ({ id: String(id) }) }
}

/**
 * Records the errors that Fastify only passes to its log controller, such as a body stream that fails after its
 * first byte or an error of the raw response. Each is then logged once and in one form. The app's own controller
 * still logs everything else.
 */
export function guardLogController<T extends object>(controller: T, { app, triage, early }: Guards): T {
  const own = controller as unknown as LogController
  const guarded: LogController = {
    incomingRequest(request, reply, metadata) {
      try {
        own.incomingRequest.call(this, request, reply, metadata)
      } catch (error) {
        early.remember(request.raw, error) // a log serializer of the app threw; the request has no context yet
      }
    },

    requestCompleted(error, request, reply, metadata) {
      const context = contextOf(request)
      try {
        if (context === undefined || error == null) {
          own.requestCompleted.call(this, error, request, reply, metadata)
          return
        }
        triage.recordDropped(context, error)
        own.requestCompleted.call(this, null, request, reply, metadata)
      } catch (failure) {
        logRequestFailure(context ?? optedOutRequest(request, app), failure, END_NOT_LOGGED)
      }
    },

    streamError(error, request, reply, metadata) {
      const context = contextOf(request)
      if (context === undefined) own.streamError.call(this, error, request, reply, metadata)
      else triage.streamFailed(context, reply, error)
    },
  }
  return Object.assign(Object.create(controller) as T, guarded)
}
