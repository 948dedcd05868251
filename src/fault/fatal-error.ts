import { FATAL_BRAND } from './thrown.ts'

/**
 * An error after which the process must not go on: a broken invariant, a lost lock, a corrupt cache. Its
 * verdict is always `fatal`, also when it is the `cause` of another error.
 *
 * @example
 * throw new FatalError('the ledger does not add up', { cause: error })
 */
export class FatalError extends Error {}

// On the prototype, so that logs do not show them as properties of the error. Not in a static block: a bundler
// renames a class that refers to itself, and Node would print that name.
Object.defineProperty(FatalError.prototype, 'name', {
  value: 'FatalError',
  writable: true,
  configurable: true,
})
Object.defineProperty(FatalError.prototype, FATAL_BRAND, { value: true })
