import type { FastifyInstance } from 'fastify'
import type { Internals } from './internals.ts'

/**
 * Errors that come before a request has any hook to answer them: Fastify calls `genReqId` and the log
 * serializers outside of every `try`, so they would end the process with the socket still open. They wait here
 * until the first hook raises them.
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
        substitutes += 1
        return `no-id-${substitutes}`
      }
    })
  }
}
