import { someInChain } from './chain.ts'
import { FATAL_BRAND } from './thrown.ts'

/**
 * Whether an error, anything in its `cause` chain or in an AggregateError's `errors` is a `FatalError`, of this copy of
 * the package or of another. Never throws.
 */
export function isFatalError(error: unknown): boolean {
  return someInChain(error, hasFatalBrand)
}

/** Whether this very error is a `FatalError`. Never throws. */
export function hasFatalBrand(error: unknown): boolean {
  try {
    return (error as { [FATAL_BRAND]?: unknown } | null | undefined)?.[FATAL_BRAND] === true
  } catch {
    return false
  }
}
