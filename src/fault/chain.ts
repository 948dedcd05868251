import { readCause, readErrors } from '../error-properties.ts'
import { isArrayLike, isErrorLike, lengthOf, readProperty } from './thrown.ts'

/** The most errors that a search through causes visits. */
const MAX_VISITED = 100

/**
 * Whether an error, anything in its `cause` chain, or anything in an AggregateError's `errors` passes a test. Tests
 * only Errors: a thrown request body must not be able to pose as one. Safe on cycles; never throws unless the test
 * does.
 *
 * @param error What was thrown.
 * @param test Called with each Error, the outermost first.
 */
export function someInChain(error: unknown, test: (error: unknown) => boolean): boolean {
  if (!isErrorLike(error)) return false
  if (test(error)) return true
  // Most errors have neither: they cost two reads and no allocation.
  const cause = readCause(error)
  const errors = readErrors(error)
  if (cause === undefined && errors === undefined) return false

  const seen = new Set<unknown>([error])
  // A Set also iterates over what is added meanwhile, so it is the queue too.
  for (const current of seen) {
    if (current !== error && test(current)) return true
    enqueue(seen, readCause(current))
    const members = readErrors(current)
    if (!isArrayLike(members)) continue
    const length = lengthOf(members)
    for (let i = 0; i < length && i < MAX_VISITED; i += 1) enqueue(seen, readProperty(members, i))
  }
  return false
}

function enqueue(seen: Set<unknown>, error: unknown): void {
  if (seen.size < MAX_VISITED && isErrorLike(error)) seen.add(error)
}
