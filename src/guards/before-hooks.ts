import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { attempt } from '../attempt.ts'
import type { RouteContext } from '../fastify/compiled-route.ts'
import { substituteId } from '../request/early-errors.ts'
import type { Guards } from './guards.ts'

/**
 * Guards the `genReqId` of every instance that has its own: where it throws, the request gets a substitute id and
 * is answered with 500.
 */
export function guardRequestIds(instances: FastifyInstance[], { internals, early }: Guards): void {
  for (const instance of instances) {
    const generate = internals.ownGenReqId(instance)
    if (generate === undefined) continue
    internals.replaceGenReqId(instance, (raw) => {
      try {
        return generate(raw)
      } catch (error) {
        early.remember(raw, error)
        return substituteId()
      }
    })
  }
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
