import { inspect, types } from 'node:util'
import { readMessage, readStack } from './error-properties.ts'

/**
 * What has more keys than this, together with what it holds, is not inspected: `inspect` has no bound of its own, and
 * a client may have sent the value.
 */
const MAX_KEYS = 200

/** The longest key, symbol or String object, in characters. `inspect` itself shortens strings. */
const MAX_TEXT = 1024

/** The longest stack of an error that is held by what was thrown, in characters. */
const MAX_STACK = 16_384

/** The longest bigint: its digits take longer than linear time. */
const MAX_BITS = 4096

/** Of each array, Map and Set. */
const MAX_MEMBERS = 10

const MAX_DEPTH = 2

const MANY_KEYS = `with more than ${MAX_KEYS} keys`
const LONG = 'too long to be shown'
const HIDDEN = 'with a content that has no bound'

/** Why objects are not inspected: to find it again for each text of one fault would cost as much each time. */
const refused: WeakMap<object, string> = new WeakMap()

/**
 * Says why a value is not inspected, such as `with more than 200 keys`; undefined where `inspect` shows it in bounded
 * time.
 *
 * @throws What a Proxy among its prototypes throws.
 */
export function whyNotInspected(value: unknown): string | undefined {
  if (!isObject(value)) return new Walk().refusalOf(value)
  const known = refused.get(value)
  if (known !== undefined) return known
  const refusal = new Walk().refusalOf(value)
  if (refusal !== undefined) refused.set(value, refusal)
  return refusal
}

/**
 * What `util.inspect` makes of a value, in one line, without running its code. Ask {@link whyNotInspected} before.
 *
 * @throws What a Proxy among its prototypes throws.
 */
export function inspectBounded(value: unknown): string {
  return inspect(value, {
    depth: MAX_DEPTH,
    // Both would run code of the thrown value.
    customInspect: false,
    getters: false,
    showProxy: false,
    maxArrayLength: MAX_MEMBERS,
    maxStringLength: MAX_TEXT,
    breakLength: Number.POSITIVE_INFINITY,
  })
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/** Visits what `inspect` would show, and stops at what would be too much. */
class Walk {
  #keysLeft = MAX_KEYS

  /** @param depth How deep the value is in the one that was thrown. */
  refusalOf(value: unknown, depth = 0): string | undefined {
    if (!isObject(value)) return isLong(value) ? LONG : undefined
    // `inspect` looks into these, which nobody else can.
    if (types.isProxy(value) || types.isPromise(value) || isIterator(value)) return HIDDEN
    // It makes the whole text of these, however deep they are.
    if (isLongInside(value)) return LONG
    if (depth > MAX_DEPTH) return undefined
    for (const member of shownMembers(value)) {
      const refusal = this.refusalOf(member, depth + 1)
      if (refusal !== undefined) return refusal
    }
    return this.#refusalOfKeys(value, depth)
  }

  #refusalOfKeys(value: object, depth: number): string | undefined {
    const keys: PropertyKey[] = isShortened(value) ? [] : Object.keys(value)
    this.#keysLeft -= keys.length
    if (this.#keysLeft < 0) return MANY_KEYS
    const symbols = Object.getOwnPropertySymbols(value)
    this.#keysLeft -= symbols.length
    if (this.#keysLeft < 0) return MANY_KEYS
    for (const key of [...keys, ...symbols]) {
      if (isLong(key) || (key as string).length > MAX_TEXT) return MANY_KEYS
      const refusal = this.refusalOf(heldBy(value, key), depth + 1)
      if (refusal !== undefined) return refusal
    }
    return undefined
  }
}

/** Whether a value that is no object has a long text that `inspect` does not shorten. */
function isLong(value: unknown): boolean {
  if (typeof value === 'bigint') return BigInt.asIntN(MAX_BITS, value) !== value
  return typeof value === 'symbol' && (value.description?.length ?? 0) > MAX_TEXT
}

function isIterator(value: object): boolean {
  return types.isMapIterator(value) || types.isSetIterator(value)
}

function isLongInside(value: object): boolean {
  // Each character of a String object is a key.
  if (types.isStringObject(value)) return STRING_VALUE.call(value).length > MAX_TEXT
  if (types.isBigIntObject(value)) return isLong(BIGINT_VALUE.call(value))
  if (types.isSymbolObject(value)) return isLong(SYMBOL_VALUE.call(value))
  if (!types.isNativeError(value) && !(value instanceof Error)) return false
  const stack = readStack(value)
  const text = typeof stack === 'string' ? stack : readMessage(value)
  return typeof text === 'string' && text.length > MAX_STACK
}

/** Whether `inspect` shortens a value by itself. To list the keys of a Buffer costs more than all the rest of a fault. */
function isShortened(value: object): boolean {
  return Array.isArray(value) || ArrayBuffer.isView(value) || types.isStringObject(value)
}

/** What `inspect` shows of a value beside its keys. */
function shownMembers(value: object): unknown[] {
  if (Array.isArray(value)) {
    const indices = Math.min(value.length, MAX_MEMBERS)
    return Array.from({ length: indices }, (_, index) => heldBy(value, String(index)))
  }
  const members: unknown[] = []
  if (types.isMap(value)) for (const pair of first(MAP_ENTRIES.call(value))) members.push(...pair)
  if (types.isSet(value)) members.push(...first(SET_VALUES.call(value)))
  if (types.isNativeError(value) || value instanceof Error) {
    members.push(heldBy(value, 'cause'), heldBy(value, 'errors'))
  }
  return members
}

// As `inspect` does: a subclass may have methods of its own.
const MAP_ENTRIES = Map.prototype.entries
const SET_VALUES = Set.prototype.values
const STRING_VALUE = String.prototype.valueOf
const BIGINT_VALUE = BigInt.prototype.valueOf
const SYMBOL_VALUE = Symbol.prototype.valueOf

function first<T>(all: Iterable<T>): T[] {
  const found: T[] = []
  for (const member of all) if (found.push(member) === MAX_MEMBERS) break
  return found
}

/** What a property holds, without running a getter. */
function heldBy(value: object, key: PropertyKey): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value
}
