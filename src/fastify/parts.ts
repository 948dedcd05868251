import { readProperty } from '../fault/thrown.ts'

/** A part of Fastify that is not public. */
export interface Part {
  /** What it is called: the description of its symbol, where it has one. */
  readonly called: string
  /** Whether what is found there can be worked with. */
  readonly fits: (found: unknown) => boolean
}

/** Parts of an instance, each under a symbol. */
export type InstancePart =
  | 'children'
  | 'contentTypeParser'
  | 'hooks'
  | 'logController'
  | 'notFoundContext'
  | 'options'
  | 'replyClass'
  | 'serverBindings'
  | 'state'

/** Parts of a reply, each under a symbol. */
export type ReplyPart = 'headers' | 'isError' | 'nextErrorHandler' | 'route' | 'trailers'

/** Fields of a compiled route, each under its own name. */
export type RoutePart = 'childLoggerFactory' | 'config' | 'handler' | 'server'

export type PartName =
  | InstancePart
  | ReplyPart
  | RoutePart
  | 'errorHandlerChain'
  | 'genReqId'
  | 'routeHooks'
  | 'routeList'
  | 'validators'

const LOG_METHODS = ['incomingRequest', 'requestCompleted', 'streamError']

const isFunction = (found: unknown): boolean => typeof found === 'function'
const isObject = (found: unknown): boolean => typeof found === 'object' && found !== null
const isAnything = (): boolean => true

/**
 * Every private part of Fastify that this package uses. All are looked up at boot, and a part that is missing stops
 * it: an app that served without one would send the messages of its errors to its clients. Fastify 5.11.2 to 6 have
 * all of them.
 */
export const PARTS: Readonly<Record<PartName, Part>> = {
  children: { called: 'fastify.children', fits: Array.isArray },
  contentTypeParser: {
    called: 'fastify.contentTypeParser',
    fits: (found) => readProperty(found, 'customParsers') instanceof Map,
  },
  genReqId: { called: 'genReqId', fits: isFunction },
  hooks: {
    called: 'fastify.hooks',
    fits: (found) => ['onRequest', 'preClose'].every((name) => Array.isArray(readProperty(found, name))),
  },
  logController: {
    called: 'fastify.logController',
    fits: (found) => LOG_METHODS.every((name) => isFunction(readProperty(found, name))),
  },
  notFoundContext: { called: 'fastify.404ContextKey', fits: isAnything },
  options: { called: 'fastify.options', fits: isObject },
  replyClass: { called: 'fastify.Reply', fits: isFunction },
  serverBindings: { called: 'fastify.serverBindings', fits: Array.isArray },
  state: { called: 'fastify.state', fits: (found) => readProperty(found, 'readyResolver') !== undefined },

  headers: { called: 'fastify.reply.headers', fits: isObject },
  isError: { called: 'fastify.reply.isError', fits: (found) => found === false },
  nextErrorHandler: { called: 'fastify.reply.nextErrorHandler', fits: isAnything },
  route: { called: 'fastify.context', fits: isAnything },
  trailers: { called: 'fastify.reply.trailers', fits: (found) => found === null },
  errorHandlerChain: { called: 'chain of error handlers', fits: isAnything },

  routeList: { called: 'list of compiled routes', fits: isAnything },
  childLoggerFactory: { called: '`childLoggerFactory` of a compiled route', fits: isFunction },
  config: { called: '`config` of a compiled route', fits: isObject },
  handler: { called: '`handler` of a compiled route', fits: isFunction },
  server: { called: '`server` of a compiled route', fits: isObject },
  routeHooks: {
    called: 'hooks of a compiled route',
    fits: (found) => found === null || Array.isArray(found),
  },
  validators: {
    called: 'validators of a compiled route',
    fits: (found) => !found || isFunction(found) || isObject(found),
  },
}

/**
 * The error that stops the boot where a part is missing.
 *
 * @param version Fastify's own.
 */
export function missingPart(name: PartName, version: string): Error {
  return new Error(
    `fastify-isolate needs Fastify's ${PARTS[name].called}, which Fastify ${version} does not have where it was: ` +
      'without it, errors could reach clients unmasked. Install a version that the peer dependency of ' +
      'fastify-isolate names; if this is one, install the one before it, and report this.',
  )
}
