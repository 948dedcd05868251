import type { FastifyReply, FastifyRequest } from 'fastify'
import { readExpose, readStatusCode } from '../error-properties.ts'
import { isFastifyError, isHttpError, statusOf } from '../fault/http-error.ts'
import { isFatalError } from '../fault/is-fatal-error.ts'
import { isArrayLike, isErrorLike, isPlainError, ownProperty, readProperty } from '../fault/thrown.ts'
import { ignoreRejection } from '../ignore-rejection.ts'
import { show } from '../options/bad-option.ts'
import type { IsExpected } from '../options/options.ts'
import { hasStatusOfFastify } from './fastify-status.ts'

/** Whether an error is an answer, and the failure of a policy function. */
export interface Expectation {
  /** True: an answer. False: a fault. */
  readonly expected: boolean
  /** What the policy threw, or a TypeError about what it returned; undefined where it worked. */
  readonly failure: unknown
}

const EXPECTED: Expectation = Object.freeze({ expected: true, failure: undefined })
const FAULT: Expectation = Object.freeze({ expected: false, failure: undefined })

/** What is known of the request whose error it is. */
export interface ErrorCircumstances {
  readonly request?: FastifyRequest | undefined
  readonly reply?: FastifyReply | undefined
  /** The status of 400 to 599 that the app had set on the reply before the error, or by the convention of Express. */
  readonly replyStatus?: number | undefined
}

/**
 * Decides whether an error is an answer or a fault. A FatalError, also behind another error, is a fault whatever the
 * policy. Never throws.
 *
 * `'branded'` expects http-errors with `expose`, errors of `@fastify/error` (Fastify's own among them) from 400 to
 * 499, and validation errors from 400 to 499. `'convention'` also expects every object with a `statusCode` of 400 to
 * 499, and whatever is thrown after the app had set such a status on the reply, unless it has a status of
 * 500 to 599 itself.
 *
 * @param error What was thrown.
 * @param policy The option `expected`. If a function throws, or returns neither a boolean nor undefined, the error
 *   is a fault and the result has the failure.
 */
export function expectationOf(
  error: unknown,
  policy: 'convention' | 'branded' | IsExpected,
  { request, reply, replyStatus }: ErrorCircumstances = {},
): Expectation {
  const isPlain = isPlainError(error)
  // what wraps or carries a FatalError may look like an answer, and its invariant is broken all the same
  if (!isPlain && isFatalError(error)) return FAULT
  if (typeof policy === 'function') return ask(policy, error, request, reply)
  if (policy === 'convention' && isClientStatus(replyStatus) && !saysServerError(error)) return EXPECTED
  if (isPlain) return FAULT
  if (!isErrorLike(error)) {
    return policy === 'convention' && isClientStatus(statusByConvention(error)) ? EXPECTED : FAULT
  }
  if (hasStatusOfFastify(error)) return FAULT
  if (policy === 'convention' && isClientStatus(statusByConvention(error))) return EXPECTED
  if (readExpose(error) === true && isHttpError(error)) return EXPECTED
  // Fastify would answer an error without such a status with a 500 that shows its message.
  if (!isClientStatus(statusOf(error))) return FAULT
  return isFastifyError(error) || isValidationError(error) ? EXPECTED : FAULT
}

/**
 * The `statusCode` of an Error, its own or of its class, or of a plain object. An error of http-errors says by
 * `expose` whether it is an answer, and what somebody put on the prototype of all errors says nothing of this one.
 */
function statusByConvention(error: unknown): unknown {
  if (typeof error !== 'object' || error === null || isArrayLike(error)) return undefined
  const own = ownProperty(error, 'statusCode')
  if (own !== undefined || !isErrorLike(error)) return own
  const inherited = readStatusCode(error)
  if (inherited === undefined || isHttpError(error) || 'statusCode' in Error.prototype) return undefined
  return inherited
}

/**
 * Whether Fastify would answer an error with its own status of 500 to 599, and its message, whatever the reply says
 * (`lib/error-handler.js`, `setErrorHeaders`).
 */
function saysServerError(error: unknown): boolean {
  for (const name of ['statusCode', 'status']) {
    const value = readProperty(error, name)
    const status = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN
    if (status >= 400 && status <= 599) return status >= 500
  }
  return false
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

function ask(policy: IsExpected, ...about: Parameters<IsExpected>): Expectation {
  let answer: unknown
  try {
    answer = policy(...about)
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
