import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { missingPart, PARTS, type RoutePart } from './parts.ts'

/** What Fastify calls a Context: the compiled form of one route. */
export interface RouteContext {
  handler: (request: FastifyRequest, reply: FastifyReply) => unknown
  errorHandler: ErrorHandlerLink
  childLoggerFactory: LoggerFactory
  config: { url?: string; method?: string | string[]; isolate?: unknown }
  server: FastifyInstance
  onRequest: unknown[] | null
  [hook: string]: unknown
  [symbol: symbol]: unknown
}

/** A factory of request loggers, as routes keep it. */
export type LoggerFactory = (
  this: FastifyInstance,
  logger: FastifyBaseLogger,
  bindings: Parameters<FastifyBaseLogger['child']>[0],
  options: Parameters<FastifyBaseLogger['child']>[1],
  raw: object,
) => FastifyBaseLogger

/** One link of Fastify's chain of error handlers: a handler that throws hands over to its prototype. */
export interface ErrorHandlerLink {
  func?: (error: unknown, request: FastifyRequest, reply: FastifyReply) => unknown
}

/** Before 5.12, `callNotFound()` goes on in a copy of the 404 handler's context instead of one that inherits it. */
export function isDetached(context: RouteContext): boolean {
  return Object.getPrototypeOf(context) === Object.prototype
}

const FIELDS: readonly RoutePart[] = ['handler', 'childLoggerFactory', 'config', 'server']

/** The hooks that a compiled route holds. */
const HOOKS = [
  'onRequest',
  'preParsing',
  'preValidation',
  'preHandler',
  'preSerialization',
  'onSend',
  'onError',
  'onResponse',
  'onTimeout',
  'onRequestAbort',
] as const

/**
 * Checks what is used of a compiled route.
 *
 * @param version Fastify's own, for the error.
 * @throws Error that names a field which is not there, or is not what it was.
 */
export function checkRoute(route: RouteContext, version: string): void {
  for (const name of FIELDS) if (!PARTS[name].fits(route[name])) throw missingPart(name, version)
  if (isDetached(route)) return // it was copied before the hooks were compiled
  for (const name of HOOKS) if (!PARTS.routeHooks.fits(route[name])) throw missingPart('routeHooks', version)
}
