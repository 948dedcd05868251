import { attempt } from '../attempt.ts'
import { readCode, readName, readStatusCode } from '../error-properties.ts'
import { load } from '../load.ts'
import { symbolOf } from '../symbol-of.ts'
import { isErrorLike, ownProperty, readProperty } from './thrown.ts'

// @fastify/error 4.1 and later put it on every error; before, only the one that is made of the code.
const FASTIFY_ERROR = Symbol.for('fastify-error-generic')

/** No code of an error that a person made is longer. */
const MAX_CODE = 128

/** Whether a number is an HTTP status of an error: an integer from 400 to 599. */
export function isErrorStatus(status: unknown): status is number {
  return Number.isInteger(status) && (status as number) >= 400 && (status as number) <= 599
}

let loaded: typeof import('http-errors') | undefined

/**
 * The package http-errors, loaded on first use: no healthy request needs it.
 *
 * @throws What Node throws where it cannot be read.
 */
export function httpErrors(): typeof import('http-errors') {
  loaded ??= load('http-errors') as typeof import('http-errors')
  return loaded
}

/** Whether an error was made by http-errors, of any copy, with a status of an error. Never throws. */
export function isHttpError(error: unknown): boolean {
  // It reads properties of the error, which may throw.
  return attempt(() => httpErrors().isHttpError(error), false) && isErrorStatus(readStatusCode(error))
}

/** Whether an error was made by `@fastify/error`, of any copy, Fastify's own errors among them. */
export function isFastifyError(error: unknown): boolean {
  if (!isErrorLike(error)) return false
  if (readProperty(error, FASTIFY_ERROR) === true) return true
  if (readName(error) !== 'FastifyError') return false
  const code = readCode(error)
  if (typeof code !== 'string' || code.length > MAX_CODE) return false
  return attempt(() => hasSymbol(error as object, `fastify-error ${code}`), false)
}

/** `Symbol.for` would keep every code that an upstream has ever sent: a symbol that is there is found instead. */
function hasSymbol(error: object, name: string): boolean {
  const symbol = symbolOf(error, name)
  return symbol !== undefined && Symbol.keyFor(symbol) === name && readProperty(error, symbol) === true
}

/**
 * The status that an error asks for, if it has the right to: as an error of http-errors or of `@fastify/error`,
 * or with an own `statusCode`. A `status` alone is what HTTP clients put on their errors and asks for nothing.
 *
 * @returns An integer from 400 to 599, or undefined.
 */
export function statusOf(error: unknown): number | undefined {
  if (!isErrorLike(error)) return undefined
  const own = ownProperty(error, 'statusCode')
  if (own !== undefined) return isErrorStatus(own) ? own : undefined
  const inherited = readStatusCode(error)
  if (!isErrorStatus(inherited)) return undefined
  return isHttpError(error) || isFastifyError(error) ? inherited : undefined
}
