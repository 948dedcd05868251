import { inspect } from 'node:util'
import { isArrayLike, typeName } from '../fault/thrown.ts'
import { load } from '../load.ts'

/** The code of every error about a wrong option. */
export const BAD_OPTION = 'FST_ISOLATE_BAD_OPTION'

/** The longest rendering of a wrong value in an error's message, in characters. */
const MAX_SHOWN = 80

/** One value that a user wrote, and how errors call it. */
export interface Given {
  /** What stands before everything: `Route GET /x: `, or nothing. */
  readonly where: string
  /** Its path: `leave.deadline`. */
  readonly name: string
  /** The value itself. */
  readonly value: unknown
}

/** An error about an option: a TypeError with the code `FST_ISOLATE_BAD_OPTION`. */
export function badOption(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: BAD_OPTION })
}

/** The error that says what was expected and what was given. */
export function unexpected(given: Given, expected: string): TypeError {
  return badOption(`${given.where}Expected \`${given.name}\` to be ${expected}, got ${show(given.value)}`)
}

/** An option's boolean. */
export function expectBoolean(given: Given): boolean {
  if (typeof given.value === 'boolean') return given.value
  throw unexpected(given, 'a boolean')
}

/** An option's function. */
export function expectFunction<F>(given: Given): F {
  if (typeof given.value === 'function') return given.value as F
  throw unexpected(given, 'a function')
}

/** An option's text, not empty. */
export function expectText(given: Given, expected: string): string {
  if (typeof given.value === 'string' && given.value !== '') return given.value
  throw unexpected(given, expected)
}

/** The longest delay that a timer takes; above it, Node fires at once. */
const MAX_DELAY = 2 ** 31 - 1

/** An option in milliseconds. `Infinity` only where it says so. */
export function expectMilliseconds(given: Given, allowInfinity: boolean): number {
  const { value } = given
  if (typeof value === 'number' && value >= 0) {
    if (value <= MAX_DELAY || (allowInfinity && value === Number.POSITIVE_INFINITY)) return value
    const instead = allowInfinity ? 'or Infinity for never' : 'the longest that a timer takes'
    throw unexpected(given, `a number of milliseconds of at most ${MAX_DELAY}, ${instead}`)
  }
  throw unexpected(given, 'a number of milliseconds >= 0')
}

/** An option that counts something: an integer >= 0, or Infinity. */
export function expectCount(given: Given): number {
  const { value } = given
  const isCount = Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY
  if (isCount && (value as number) >= 0) return value as number
  throw unexpected(given, 'an integer >= 0, or Infinity for all')
}

/** One of some words, or a function. */
export function expectWordOrFunction<T>(given: Given, words: readonly string[]): T {
  const { value } = given
  if (typeof value === 'function' || (typeof value === 'string' && words.includes(value))) return value as T
  const choice = `${words.map((word) => `'${word}'`).join(' or ')} or a function`
  throw unexpected(given, choice)
}

/**
 * Copies the properties of an object of options, refusing unknown ones. Properties that are undefined count as
 * absent. The copy is made once, so that a getter cannot answer differently later.
 *
 * @param given The object.
 * @param known The names that it may have.
 */
export function expectOptions<K extends string>(
  given: Given,
  known: readonly K[],
): Partial<Record<K, unknown>> {
  const { value } = given
  const asObject = given.name === '' ? { ...given, name: 'options' } : given
  if (typeof value !== 'object' || value === null || isArrayLike(value))
    throw unexpected(asObject, 'an object')
  const copy: Partial<Record<K, unknown>> = {}
  let keys: string[]
  try {
    keys = Object.keys(value)
    for (const key of keys) {
      if (known.includes(key as K)) copy[key as K] = (value as Record<string, unknown>)[key]
    }
  } catch {
    throw unexpected(asObject, 'an object whose properties can be read')
  }
  for (const key of keys) if (!known.includes(key as K)) throw unknownOption(given, key, known)
  return copy
}

function unknownOption(given: Given, key: string, known: readonly string[]): TypeError {
  const prefix = given.name === '' ? '' : `${given.name}.`
  const shown = key.length > MAX_SHOWN ? `${key.slice(0, MAX_SHOWN)}…` : key
  const { distance } = load('fastest-levenshtein') as typeof import('fastest-levenshtein')
  const distanceTo = (name: string): number => distance(shown.toLowerCase(), name.toLowerCase())
  const nearest = nearestName(known, distanceTo)
  // Further away it is no slip of the fingers, and the guess would mislead.
  const near = distanceTo(nearest) <= Math.max(2, nearest.length / 3)
  const guess = near ? ` Did you mean \`${prefix}${nearest}\`?` : ''
  const names = known.map((name) => `\`${name}\``).join(', ')
  return badOption(`${given.where}Unknown option \`${prefix}${shown}\`.${guess} Known: ${names}`)
}

function nearestName(known: readonly string[], distanceTo: (name: string) => number): string {
  const distances = known.map(distanceTo)
  return known[distances.indexOf(Math.min(...distances))] as string
}

/** A value and its type, for an error's message: bounded, on one line, and without running the value's code. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return `\`${value}\``
  const type = isArrayLike(value) ? 'array' : typeof value === 'object' ? typeName(value) : typeof value
  return `\`${render(value)}\` (${type})`
}

function render(value: unknown): string {
  let text: string
  try {
    text = typeof value === 'string' ? JSON.stringify(value.slice(0, MAX_SHOWN + 1)) : inspectShallow(value)
  } catch {
    text = 'unreadable'
  }
  // An Error's inspection has lines.
  const line = text.slice(0, MAX_SHOWN).replace(/\s+/g, ' ')
  return text.length > MAX_SHOWN ? `${line}…` : line
}

function inspectShallow(value: unknown): string {
  return inspect(value, {
    depth: 0,
    customInspect: false,
    getters: false,
    showProxy: false,
    maxArrayLength: 5,
    maxStringLength: MAX_SHOWN,
    breakLength: Number.POSITIVE_INFINITY,
    compact: true,
  })
}
