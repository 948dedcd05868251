import { someInChain } from './chain.ts'
import { readProperty } from './thrown.ts'

// In the global registry, so that two copies of the package know each other's errors.
const BRAND: unique symbol = Symbol.for('fastify-isolate.FatalError')

/**
 * An error after which the process must not go on: a broken invariant, a lost lock, a corrupt cache. Its
 * verdict is always `fatal`, also when it is the `cause` of another error.
 *
 * @example
 * throw new FatalError('the ledger does not add up', { cause: error })
 */
export class FatalError extends Error {}

// On the prototype, so that neither shows up in logs as a property of the error. Not in a static block: a bundler
// renames a class that speaks of itself, and Node would print that name.
Object.defineProperty(FatalError.prototype, 'name', {
  value: 'FatalError',
  writable: true,
  configurable: true,
})
Object.defineProperty(FatalError.prototype, BRAND, { value: true })

/**
 * Whether an error, anything in its `cause` chain or in an AggregateError's `errors` is a {@link FatalError},
 * of this copy of the package or of another. Never throws.
 */
export function isFatalError(error: unknown): boolean {
  return someInChain(error, isBranded)
}

function isBranded(error: unknown): boolean {
  return readProperty(error, BRAND) === true
}
