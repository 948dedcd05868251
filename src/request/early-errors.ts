import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { RouteContext } from './compiled-route.ts'
import type { Internals } from './internals.ts'

/**
 * Errors that come before a request has any hook to answer them: Fastify calls `genReqId`, the
 * factory of loggers and the log serializers outside of every `try`, so they would end the process with the socket
 * still open. They wait here until the first hook raises them.
 */
export class EarlyErrors {
  #errors = new WeakMap<object, unknown>()
  /** Whether there ever was one, so that a healthy app pays for no look-up. */
  any = false

  /** The first error of a request stays. */
  remember(raw: object, error: unknown): void {
    this.any = true
    if (!this.#errors.has(raw)) this.#errors.set(raw, { error })
  }

  /** The early error of a request, wrapped because any value can be thrown. */
  take(raw: object): { readonly error: unknown } | undefined {
    const found = this.#errors.get(raw) as { readonly error: unknown } | undefined
    if (found !== undefined) this.#errors.delete(raw)
    return found
  }
}

let substitutes = 0

/** An id for a request that the app gave none. */
export function substituteId(): string {
  substitutes += 1
  return `no-id-${substitutes}`
}

/** Makes `genReqId` safe for every instance that has one of its own: a request gets a substitute id and its 500. */
export function guardRequestIds(
  instances: FastifyInstance[],
  internals: Internals,
  early: EarlyErrors,
): void {
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

/** Fastify's own factory, which it calls without checking what it gives. */
const DEFAULT_FACTORY = 'defaultChildLoggerFactory'

const METHODS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'child'] as const

/** Makes the factory of request loggers safe for a route: a request gets a logger of Fastify's own making and its 500. */
export function guardLoggerFactory(route: RouteContext, early: EarlyErrors): void {
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
  try {
    return logger.child(...args)
  } catch {
    return logger
  }
}
