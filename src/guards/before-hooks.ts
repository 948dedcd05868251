import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { attempt } from '../attempt.ts'
import type { RouteContext } from '../fastify/compiled-route.ts'
import { substituteId } from '../request/early-errors.ts'
import type { Guards } from './guards.ts'

type GenerateId = Parameters<FastifyInstance['setGenReqId']>[0]

/**
 * Guards the `genReqId` of every instance that has its own: where it throws, the request gets a substitute id and
 * is answered with 500.
 *
 * @param instances The app and all below it; those made later inherit what is guarded here.
 */
export function guardRequestIds(instances: FastifyInstance[], { app, internals, early }: Guards): void {
  const { fastify } = app
  const { setGenReqId } = fastify
  const guard = (generate: GenerateId): GenerateId => {
    return function guardedId(this: unknown, raw) {
      try {
        return generate.call(this, raw)
      } catch (error) {
        early.remember(raw, error)
        return substituteId()
      }
    }
  }
  // what an instance inherits is guarded already, or belongs to an instance above the app
  const inherited = new Set<unknown>([Object.getPrototypeOf(fastify).genReqId])
  for (const instance of instances) {
    const generate = internals.genReqIdOf(instance)
    if (inherited.has(generate)) continue
    instance.setGenReqId(guard(generate))
    inherited.add(internals.genReqIdOf(instance))
  }
  fastify.setGenReqId = function guardedSet(this: FastifyInstance, generate) {
    return setGenReqId.call(this, generate && guard(generate))
  } as typeof setGenReqId
}

/** The name of Fastify's default `childLoggerFactory`, which needs no guard. */
const DEFAULT_FACTORY = 'defaultChildLoggerFactory'

const METHODS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'child'] as const

/**
 * Guards the `childLoggerFactory` of a route: where it throws or returns an object that is no logger, the request
 * gets `logger.child()` and is answered with 500.
 */
export function guardLoggerFactory(route: RouteContext, { early }: Guards): void {
  const { childLoggerFactory: make } = route
  if (make.name === DEFAULT_FACTORY) return
  route.childLoggerFactory = function guardedFactory(logger, bindings, options, raw) {
    try {
      const child = make.call(this, logger, bindings, options, raw)
      for (const method of METHODS) {
        if (typeof child[method] !== 'function')
          throw new TypeError(`The logger of a request has no ${method}()`)
      }
      return child
    } catch (error) {
      early.remember(raw, error)
      return childOf(logger, bindings, options)
    }
  }
}

function childOf(
  logger: FastifyBaseLogger,
  ...args: Parameters<FastifyBaseLogger['child']>
): FastifyBaseLogger {
  return attempt(() => logger.child(...args), logger)
}
