import type { FastifyRequest } from 'fastify'
import { isFastifyError, isHttpError, statusOf } from '../fault/http-error.ts'
import { isArrayLike, isErrorLike, ownProperty, readProperty } from '../fault/thrown.ts'
import { ignoreRejection } from '../ignore-rejection.ts'
import { show } from '../options/bad-option.ts'
import type { IsExpected } from '../options/options.ts'

/** Whether an error is an answer, and the failure of a policy function. */
export interface Expectation {
  /** True: an answer. False: a fault. */
  readonly expected: boolean
  /** What the policy threw, or a TypeError about what it returned; undefined where it worked. */
  readonly failure: unknown
}

const EXPECTED: Expectation = Object.freeze({ expected: true, failure: undefined })
const FAULT: Expectation = Object.freeze({ expected: false, failure: undefined })

/**
 * Decides whether an error is an answer or a fault. Never throws.
 *
 * `'branded'` expects http-errors with `expose`, errors of `@fastify/error` (Fastify's own among them) from 400 to
 * 499, and validation errors from 400 to 499. `'convention'` also expects every Error with an own `statusCode` of
 * 400 to 499. Neither expects a value that is not an Error.
 *
 * @param error What was thrown.
 * @param policy The option `expected`. If a function throws, or returns neither a boolean nor undefined, the error
 *   is a fault and the result has the failure.
 * @param request The request, if there is one.
 */
export function expectationOf(
  error: unknown,
  policy: 'convention' | 'branded' | IsExpected,
  request: FastifyRequest | undefined,
): Expectation {
  if (typeof policy === 'function') return ask(policy, error, request)
  if (!isErrorLike(error)) return FAULT
  if (readProperty(error, 'expose') === true && isHttpError(error)) return EXPECTED
  // Fastify would answer an error without such a status with a 500 that shows its message.
  if (!isClientStatus(statusOf(error))) return FAULT
  if (policy === 'convention' && isClientStatus(ownProperty(error, 'statusCode'))) return EXPECTED
  return isFastifyError(error) || isValidationError(error) ? EXPECTED : FAULT
}

function isClientStatus(status: unknown): boolean {
  return Number.isInteger(status) && (status as number) >= 400 && (status as number) <= 499
}

/**
 * Fastify sets `validation`, a list, on what its validator found; on an Error that a custom validator returned, it
 * sets only `validationContext` (`lib/validation.js`, `wrapValidationError`).
 */
function isValidationError(error: unknown): boolean {
  if (isArrayLike(ownProperty(error, 'validation'))) return true
  return typeof ownProperty(error, 'validationContext') === 'string'
}

function ask(policy: IsExpected, error: unknown, request: FastifyRequest | undefined): Expectation {
  let answer: unknown
  try {
    answer = policy(error, request)
  } catch (failure) {
    // `throw undefined` is a failure too.
    return { expected: false, failure: failure ?? new TypeError(`\`expected\` threw ${show(failure)}`) }
  }
  if (answer === true) return EXPECTED
  if (answer === false || answer === undefined) return FAULT
  ignoreRejection(answer)
  return {
    expected: false,
    failure: new TypeError(`\`expected\` must return a boolean, got ${show(answer)}`),
  }
}
