import { inspect, types } from 'node:util'
import { attempt } from '../attempt.ts'
import { readConstructorName, readMessage, readName } from '../error-properties.ts'

// A thrown value may be a Proxy whose traps throw, an object with throwing getters or a revoked Proxy. So nothing
// below reads it outside of a `try` or of `attempt`.

/** The longest name of a type, in characters. */
const MAX_TYPE_NAME = 128

/**
 * What has more keys than this, together with what it holds, is not inspected: `inspect` has no bound of its own, and
 * a client may have sent the value.
 */
const MAX_INSPECTED_KEYS = 200

/** The longest of them, in characters. */
const MAX_INSPECTED_KEY = 1024

/** Of each array, Map and Set. */
const MAX_INSPECTED_MEMBERS = 10

const MAX_INSPECTED_DEPTH = 2

/** The default limit of {@link messageOf}, in characters. */
export const MAX_MESSAGE = 8192

// Node 24 and later. It sees errors of other realms that `isNativeError` does not (DOMException).
const isErrorOfAnyRealm: ((value: unknown) => boolean) | undefined = (
  Error as { isError?: (value: unknown) => boolean }
).isError

/** Reads a property, own or inherited. Undefined where there is none, or where reading it throws. */
export function readProperty(value: unknown, key: PropertyKey): unknown {
  if (value === null || value === undefined) return undefined
  try {
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
  if (types.isNativeError(value)) return true
  return attempt(() => value instanceof Error || isErrorOfAnyRealm?.(value) === true, false)
}

/** Whether a value is an array. `Array.isArray` itself throws on a revoked Proxy. */
export function isArrayLike(value: unknown): value is readonly unknown[] {
  return attempt(() => Array.isArray(value), false)
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
  if (typeof name === 'string' && name !== '' && name !== 'Error') return name.slice(0, MAX_TYPE_NAME)
  return constructorName(value) ?? 'Error'
}

function constructorName(value: object): string | undefined {
  const name = readConstructorName(value)
  return typeof name === 'string' && name !== '' ? name.slice(0, MAX_TYPE_NAME) : undefined
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
  return `${text.slice(0, end)}… [cut, ${text.length} characters]`
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}

/** What was found too large: to find it again for each text of one fault would cost as much each time. */
const tooLarge: WeakSet<object> = new WeakSet()

function inspected(value: unknown): string {
  try {
    if (isTooLarge(value)) return `[${typeName(value)} with more than ${MAX_INSPECTED_KEYS} keys]`
    return inspect(value, {
      depth: MAX_INSPECTED_DEPTH,
      // Both would run code of the thrown value.
      customInspect: false,
      getters: false,
      showProxy: false,
      maxArrayLength: MAX_INSPECTED_MEMBERS,
      maxStringLength: 1024,
      breakLength: Number.POSITIVE_INFINITY,
    })
  } catch {
    return `[${typeName(value)} that cannot be inspected]`
  }
}

function isTooLarge(value: unknown): boolean {
  if (!isObject(value)) return false
  if (tooLarge.has(value)) return true
  if (keysLeft(value, MAX_INSPECTED_KEYS, 0) >= 0) return false
  tooLarge.add(value)
  return true
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/**
 * Takes the keys that `inspect` would show of a value and of what it holds from those that are left.
 *
 * @returns A negative number where there are more.
 */
function keysLeft(value: unknown, allowed: number, depth: number): number {
  // `inspect` looks through a Proxy without running its traps, which nobody else can.
  if (!isObject(value) || types.isProxy(value)) return allowed
  let left = allowed
  for (const member of shownMembers(value)) {
    if (left < 0) return left
    if (depth < MAX_INSPECTED_DEPTH) left = keysLeft(member, left, depth + 1)
  }
  if (isShortened(value)) return left
  const keys = Object.keys(value)
  left -= keys.length
  for (let i = 0; i < keys.length && left >= 0; i += 1) {
    const key = keys[i] as string
    if (key.length > MAX_INSPECTED_KEY) return -1
    if (depth < MAX_INSPECTED_DEPTH) left = keysLeft(heldBy(value, key), left, depth + 1)
  }
  return left
}

/** Whether `inspect` shortens a value by itself. To list the keys of a Buffer costs more than all the rest of a fault. */
function isShortened(value: object): boolean {
  return Array.isArray(value) || ArrayBuffer.isView(value)
}

function shownMembers(value: object): unknown[] {
  if (Array.isArray(value)) {
    const indices = Math.min(value.length, MAX_INSPECTED_MEMBERS)
    return Array.from({ length: indices }, (_, index) => heldBy(value, String(index)))
  }
  const members: unknown[] = []
  if (types.isMap(value)) addFirst(members, MAP_ENTRIES.call(value))
  if (types.isSet(value)) addFirst(members, SET_VALUES.call(value))
  return members
}

// As `inspect` does: a subclass may have methods of its own.
const MAP_ENTRIES = Map.prototype.entries
const SET_VALUES = Set.prototype.values

function addFirst(members: unknown[], all: Iterable<unknown>): void {
  for (const member of all) {
    if (members.push(member) === MAX_INSPECTED_MEMBERS) return
  }
}

/** What a property holds, without running a getter. */
function heldBy(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value
}
