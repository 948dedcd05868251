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
