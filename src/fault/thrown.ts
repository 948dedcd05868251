import { types } from 'node:util'
import { attempt } from '../attempt.ts'
import { readConstructorName, readMessage, readName } from '../error-properties.ts'
import { inspectBounded, whyNotInspected } from '../inspect-bounded.ts'
import { isOfAllObjects } from '../of-all-objects.ts'
import { startOf } from '../start-of.ts'

// A thrown value may be a Proxy whose traps throw, an object with throwing getters or a revoked Proxy. So nothing
// below reads it outside of a `try` or of `attempt`.

/** The longest name of a type, in characters. */
const MAX_TYPE_NAME = 128

/** The default limit of {@link messageOf}, in characters. */
export const MAX_MESSAGE = 8192

// Node 24 and later. It sees errors of other realms that `isNativeError` does not (DOMException).
const isErrorOfAnyRealm: ((value: unknown) => boolean) | undefined = (
  Error as { isError?: (value: unknown) => boolean }
).isError

/**
 * Reads a property, own or inherited. Undefined where there is none, or where reading it throws. What somebody has added
 * to the prototype of all objects says nothing of this one.
 */
export function readProperty(value: unknown, key: PropertyKey): unknown {
  if (value === null || value === undefined) return undefined
  try {
    if (isOfAllObjects(value, key)) return undefined
    return (value as Record<PropertyKey, unknown>)[key]
  } catch {
    return undefined
  }
}

/** Reads an own property. Undefined where it is inherited or absent, or where reading it throws. */
export function ownProperty(value: unknown, key: PropertyKey): unknown {
  if (value === null || value === undefined) return undefined
  try {
    return Object.hasOwn(value, key) ? (value as Record<PropertyKey, unknown>)[key] : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether a value is an Error: of any realm, a DOMException, or an object that inherits from
 * `Error.prototype` without being a native error (as `@fastify/error`'s are).
 */
export function isErrorLike(value: unknown): boolean {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false
  try {
    // First: it is true of nearly all, and cheaper than a call into Node.
    if (value instanceof Error) return true
  } catch {
    return types.isNativeError(value)
  }
  return types.isNativeError(value) || isErrorOfAnyRealm?.(value) === true
}

/** Marks a `FatalError`. In the global registry, so that two copies of the package recognise each other's errors. */
export const FATAL_BRAND: unique symbol = Symbol.for('fastify-isolate.FatalError') as never

/** What those rules ask of an error. `RangeError` is what V8 throws where memory ran out. */
interface Telling {
  readonly name?: unknown
  readonly code?: unknown
  readonly statusCode?: unknown
  readonly expose?: unknown
  readonly cause?: unknown
  readonly errors?: unknown
  readonly [FATAL_BRAND]?: unknown
}

/**
 * Whether an error says nothing of itself but its type, message and stack, as most bugs do. Such a one asks for no
 * status, holds no other error, and tells of nothing that ran out, so that the rules on these need not be asked. Never
 * throws.
 */
export function isPlainError(error: unknown): boolean {
  if (!isErrorLike(error)) return false
  try {
    const telling = error as Telling
    return (
      telling.code === undefined &&
      telling.statusCode === undefined &&
      telling.expose === undefined &&
      telling.cause === undefined &&
      telling.errors === undefined &&
      telling[FATAL_BRAND] === undefined &&
      telling.name !== 'RangeError'
    )
  } catch {
    return false
  }
}

/** Whether a value is an array. `Array.isArray` itself throws on a revoked Proxy. */
export function isArrayLike(value: unknown): value is readonly unknown[] {
  return attempt(() => Array.isArray(value), false)
}

/** The length of an array; 0 where a Proxy of one gives none. */
export function lengthOf(array: readonly unknown[]): number {
  const length = readProperty(array, 'length')
  return typeof length === 'number' && length > 0 ? length : 0
}

/**
 * The name of a value's type: an error's `name`, or its constructor's where the name is just `Error`; of other
 * objects the constructor's name; of everything else `typeof`, and `null`.
 */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value !== 'object') return typeof value
  if (!isErrorLike(value)) return constructorName(value) ?? 'object'
  const name = readName(value)
  if (typeof name === 'string' && name !== '' && name !== 'Error') return startOf(name, MAX_TYPE_NAME)
  return constructorName(value) ?? 'Error'
}

function constructorName(value: object): string | undefined {
  const name = readConstructorName(value)
  return typeof name === 'string' && name !== '' ? startOf(name, MAX_TYPE_NAME) : undefined
}

/**
 * The message of a thrown value: an error's `message`, a string itself, and of everything else what
 * `util.inspect` makes of it without running its code.
 *
 * @param value What was thrown.
 * @param limit The most characters to keep. Default: 8192.
 */
export function messageOf(value: unknown, limit: number = MAX_MESSAGE): string {
  if (typeof value === 'string') return clip(value, limit)
  if (!isErrorLike(value)) return clip(inspected(value), limit)
  const message = readMessage(value)
  if (typeof message === 'string') return clip(message, limit)
  return message === undefined ? '' : clip(inspected(message), limit)
}

/** Cuts a text, and says so at its end. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text
  // Does not cut a surrogate pair in half: some log readers refuse a line with half of one.
  const end = isHighSurrogate(text.charCodeAt(limit - 1)) ? limit - 1 : limit
  return `${startOf(text, end)}… [cut, ${text.length} characters]`
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}

function inspected(value: unknown): string {
  try {
    const refusal = whyNotInspected(value)
    if (refusal === undefined) return inspectBounded(value)
    return `[${types.isProxy(value) ? 'Proxy' : typeName(value)} ${refusal}]`
  } catch {
    return `[${typeName(value)} that cannot be inspected]`
  }
}
