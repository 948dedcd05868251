import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { symbolOf } from '../symbol-of.ts'
import { missingPart, PARTS, type RoutePart } from './parts.ts'

/** What Fastify calls a Context: the compiled form of one route. */
export interface RouteContext {
  handler: (request: FastifyRequest, reply: FastifyReply) => unknown
  errorHandler: ErrorHandlerLink
  childLoggerFactory: LoggerFactory
  config: { url?: string; method?: string | string[]; isolate?: unknown }
  server: FastifyInstance
  onRequest: unknown[] | null
  schema: { readonly [part in ValidatedPart]?: unknown } | null | undefined
  [hook: string]: unknown
  [symbol: symbol]: unknown
}

/** A part of the request that a schema may be for. */
type ValidatedPart = 'body' | 'headers' | 'params' | 'querystring'

/** A compiled schema. */
export type Validator = (data: unknown, ...rest: unknown[]) => unknown

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

/** The symbols under which a compiled route has its validators. */
const VALIDATORS: Readonly<Record<ValidatedPart, string>> = {
  body: 'body-schema',
  headers: 'headers-schema',
  params: 'params-schema',
  querystring: 'querystring-schema',
}

/**
 * Wraps each validator of a compiled route.
 *
 * @param version Fastify's own, for the error.
 * @throws Error when the validator of a schema is not where it was.
 */
export function replaceValidators(
  route: RouteContext,
  wrap: (validator: Validator) => Validator,
  version: string,
): void {
  if (!('schema' in route)) throw missingPart('validators', version)
  for (const [part, called] of Object.entries(VALIDATORS)) {
    if (route.schema?.[part as ValidatedPart] === undefined) continue
    const symbol = symbolOf(route, called)
    const found = symbol === undefined ? undefined : route[symbol]
    if (symbol === undefined || !PARTS.validators.fits(found)) throw missingPart('validators', version)
    // a compiler of the app may make no validator
    if (found) route[symbol] = wrapAll(found as Validator | ByContentType, wrap)
  }
}

/** The validators of a body that has a schema for each of its content types. */
type ByContentType = Readonly<Record<string, Validator>>

function wrapAll(
  found: Validator | ByContentType,
  wrap: (validator: Validator) => Validator,
): Validator | ByContentType {
  if (typeof found === 'function') return wrap(found)
  return Object.fromEntries(Object.entries(found).map(([type, validator]) => [type, wrap(validator)]))
}
