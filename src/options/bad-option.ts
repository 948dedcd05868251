import { inspect, types } from 'node:util'
import { isArrayLike, typeName } from '../fault/thrown.ts'
import { whyNotInspected } from '../inspect-bounded.ts'

/** The code of every error about a wrong option. */
export const BAD_OPTION = 'FST_ISOLATE_BAD_OPTION'

/** The longest rendering of a wrong value in an error's message, in characters. */
export const MAX_SHOWN = 80

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

/** A value and its type, for an error's message: bounded, on one line, and without running the value's code. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return `\`${value}\``
  const type = isArrayLike(value) ? 'array' : typeof value === 'object' ? typeName(value) : typeof value
  return `\`${render(value)}\` (${type})`
}

function render(value: unknown): string {
  let text: string
  try {
    // A function of the app may have returned what a client has sent.
    if (!types.isProxy(value) && !types.isPromise(value) && whyNotInspected(value) !== undefined) return '…'
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
