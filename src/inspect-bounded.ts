import { inspect, types } from 'node:util'

/**
 * What has more keys than this, together with what it holds, is not inspected: `inspect` has no bound of its own, and
 * a client may have sent the value.
 */
export const MAX_INSPECTED_KEYS = 200

/** The longest of them, in characters. */
const MAX_INSPECTED_KEY = 1024

/** Of each array, Map and Set. */
const MAX_INSPECTED_MEMBERS = 10

const MAX_INSPECTED_DEPTH = 2

/** What was found too large: to find it again for each text of one fault would cost as much each time. */
const tooLarge: WeakSet<object> = new WeakSet()

/**
 * What `util.inspect` makes of a value, in one line, without running its code; undefined where that would be too much to
 * show.
 *
 * @throws What a Proxy among its prototypes throws.
 */
export function inspectBounded(value: unknown): string | undefined {
  if (isTooLarge(value)) return undefined
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
