import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

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
