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
        own.incomingRequest(request, reply, metadata)
      } catch (error) {
        early.remember(request.raw, error) // a log serializer of the app threw; the request has no context yet
      }
    },

    requestCompleted(error, request, reply, metadata) {
      const context = contextOf(request)
      try {
        if (context === undefined || error == null) {
          own.requestCompleted(error, request, reply, metadata)
          return
        }
        triage.recordDropped(context, error)
        own.requestCompleted(null, request, reply, metadata)
      } catch (failure) {
        logRequestFailure(context ?? optedOutRequest(request, app), failure, END_NOT_LOGGED)
      }
    },

    streamError(error, request, reply, metadata) {
      const context = contextOf(request)
      if (context === undefined) own.streamError(error, request, reply, metadata)
      else triage.streamFailed(context, reply, error)
    },
  }
  return Object.assign(standIn(controller), guarded)
}

/**
 * An object that does all that another one does, through that one itself: a class of the app may have private fields,
 * which are not on what inherits from its instance.
 */
function standIn<T extends object>(original: T): T {
  const derived = Object.create(original) as T
  for (const name of namesOf(original)) {
    const found: unknown = Reflect.get(original, name)
    const get = (): unknown => Reflect.get(original, name)
    const call = (...args: unknown[]): unknown => Reflect.apply(get() as () => unknown, original, args)
    Object.defineProperty(
      derived,
      name,
      typeof found === 'function' ? { value: call, writable: true } : { get },
    )
  }
  return derived
}

/** The names of its own properties and of those of its classes. */
function namesOf(value: object): Set<PropertyKey> {
  const names = new Set<PropertyKey>()
  let holder: object | null = value
  while (holder !== null && holder !== Object.prototype) {
    for (const name of Reflect.ownKeys(holder)) names.add(name)
    holder = Object.getPrototypeOf(holder) as object | null
  }
  names.delete('constructor')
  return names
}
