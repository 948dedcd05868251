/**
 * Carries a thrown value through those places of Fastify that would mistake it for "no error" (`undefined`,
 * `null`) or for a payload (what is not an Error of this realm). It never leaves the plugin: whoever gets an
 * error gets {@link originalOf} of it.
 */
class NonError extends Error {
  readonly value: unknown

  constructor(value: unknown) {
    super('A value was thrown that is not an Error')
    this.value = value
  }
}

/** Whether Fastify takes this value for an error when it is sent. Never throws. */
export function isError(value: unknown): boolean {
  try {
    return value instanceof Error
  } catch {
    return false // `getPrototypeOf` of a proxy can throw
  }
}

/** The value itself where Fastify takes it for an error, else a {@link NonError} that stands for it. */
export function asError(value: unknown): unknown {
  return isError(value) ? value : new NonError(value)
}

/** Exactly what was thrown. */
export function originalOf(value: unknown): unknown {
  return isError(value) && value instanceof NonError ? value.value : value
}
