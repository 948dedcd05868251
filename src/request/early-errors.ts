/** An error that came too early, wrapped because any value can be thrown. */
export interface EarlyError {
  readonly error: unknown
}

/**
 * Errors that occur before the first hook of a request. Fastify calls `genReqId`, the logger factory and the log
 * serializers outside of every `try`, so these errors would end the process with the socket still open. They are
 * kept here until the first hook passes them to Fastify.
 */
export class EarlyErrors {
  #errors = new WeakMap<object, EarlyError>()
  /** Whether an error was ever kept: a healthy app skips the look-up. */
  any = false

  /** Keeps the error of a request, unless the request has one. */
  remember(raw: object, error: unknown): void {
    this.any = true
    if (!this.#errors.has(raw)) this.#errors.set(raw, { error })
  }

  /** Removes and returns the error of a request. */
  take(raw: object): EarlyError | undefined {
    const found = this.#errors.get(raw)
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
