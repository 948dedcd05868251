/**
 * Errors that occur before the first hook of a request. Fastify calls `genReqId`, the logger factory and the log
 * serializers outside of every `try`, so these errors would end the process with the socket still open. They are
 * kept here until the first hook passes them to Fastify.
 */
export class EarlyErrors {
  #errors = new WeakMap<object, unknown>()
  /** Whether an error was ever kept: a healthy app skips the look-up. */
  any = false

  /** Keeps the error of a request, unless the request has one. */
  remember(raw: object, error: unknown): void {
    this.any = true
    if (!this.#errors.has(raw)) this.#errors.set(raw, { error })
  }

  /** Removes and returns the error of a request, wrapped because any value can be thrown. */
  take(raw: object): { readonly error: unknown } | undefined {
    const found = this.#errors.get(raw) as { readonly error: unknown } | undefined
    if (found !== undefined) this.#errors.delete(raw)
    return found
  }
}

let substitutes = 0

/** Returns an id for a request whose `genReqId` failed. */
export function substituteId(): string {
  substitutes += 1
  return `no-id-${substitutes}`
}
