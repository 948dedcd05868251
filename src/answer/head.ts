import { attempt } from '../attempt.ts'
import { readExpose } from '../error-properties.ts'
import { statusOf } from '../fault/http-error.ts'
import { isArrayLike, isErrorLike, isPlainError, lengthOf, readProperty } from '../fault/thrown.ts'
import { isValidHeader } from './headers.ts'

/** What an error may say about the response to it. */
export interface AnswerHead {
  /** An integer from 500 to 599. */
  readonly statusCode: number
  /** Valid headers of those that an error can set, their names in lower case; undefined where there are none. */
  readonly headers: Readonly<Record<string, string | string[]>> | undefined
  /** Whether the error itself allows its message to be shown. */
  readonly expose: boolean
}

const PLAIN: AnswerHead = Object.freeze({ statusCode: 500, headers: undefined, expose: false })
const PLAIN_EXPOSED: AnswerHead = Object.freeze({ statusCode: 500, headers: undefined, expose: true })

const MAX_HEADERS = 32
/** Characters. */
const MAX_NAME = 64
const MAX_VALUES = 16
/** Characters; Node's client refuses 16 KiB of headers altogether. */
const MAX_VALUE = 2048

/**
 * Headers that an error can set: they tell a client when and how to ask again. HTTP clients put the headers of an
 * upstream on the errors that they throw, and no list of refusals knows all those that do harm here: credentials,
 * instructions to a proxy (`X-Accel-Redirect`) or a browser (`Clear-Site-Data`), CORS, caches.
 */
const ALLOWED = /^(?:retry-after|www-authenticate|allow|(?:x-)?rate-?limit(?:-[a-z-]+)?)$/

/**
 * The shape of the response to a fault. A status of 500 to 599 counts where the error was made by http-errors
 * or `@fastify/error`, or has an own `statusCode`; everything else is 500. The error's `headers` count only
 * beside a status that counts: without one they are an upstream's. `status` alone shapes nothing, and neither
 * does what is not an Error. Never throws.
 *
 * @param error What was thrown.
 */
export function answerHeadOf(error: unknown): AnswerHead {
  if (isPlainError(error) || !isErrorLike(error)) return PLAIN
  const expose = readExpose(error) === true
  const statusCode = statusOf(error)
  if (statusCode === undefined || statusCode < 500) return expose ? PLAIN_EXPOSED : PLAIN
  return { statusCode, headers: validHeaders(readProperty(error, 'headers')), expose }
}

function validHeaders(headers: unknown): AnswerHead['headers'] {
  if (typeof headers !== 'object' || headers === null || isArrayLike(headers)) return undefined
  const valid: Record<string, string | string[]> = {}
  let count = 0
  for (const key of keysOf(headers)) {
    if (key.length > MAX_NAME) continue
    const name = key.toLowerCase()
    if (!ALLOWED.test(name)) continue
    const value = validValue(readProperty(headers, key))
    if (value === undefined) continue
    valid[name] = value
    count += 1
    if (count === MAX_HEADERS) break
  }
  return count === 0 ? undefined : valid
}

function keysOf(value: object): string[] {
  return attempt(() => Object.keys(value), [])
}

function validValue(value: unknown): string | string[] | undefined {
  if (!isArrayLike(value)) return validText(value)
  const length = lengthOf(value)
  if (length === 0 || length > MAX_VALUES) return undefined
  const texts: string[] = []
  for (let i = 0; i < length; i += 1) {
    const text = validText(readProperty(value, i))
    // Half a list may say the opposite of the whole.
    if (text === undefined) return undefined
    texts.push(text)
  }
  return texts
}

function validText(value: unknown): string | undefined {
  const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value
  if (typeof text !== 'string' || text.length > MAX_VALUE) return undefined
  return isValidHeader('x', text) ? text : undefined
}
