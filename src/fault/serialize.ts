import { readCause, readCode, readErrors, readMessage, readStatusCode } from '../error-properties.ts'
import { unhandledEventHint } from '../node-parts.ts'
import type { SerializedError } from './serialized-error.ts'
import { stackOf, traceStart } from './stack.ts'
import {
  clip,
  isArrayLike,
  isErrorLike,
  lengthOf,
  MAX_MESSAGE,
  messageOf,
  readProperty,
  typeName,
} from './thrown.ts'

/** The longest path of causes and members. */
const MAX_DEPTH = 8
/** The most members of an AggregateError. */
const MAX_ERRORS = 10
/** The most errors altogether: depth and count alone would allow 10 to the power of 8. */
const MAX_TOTAL = 32
/** Characters of messages and stacks after which each further error is short: 32 long ones would fill a log. */
const MAX_CHARACTERS = 65_536
/** Characters of the message of such an error, which has no stack. */
const MAX_SHORT_MESSAGE = 512
/** Characters. */
const MAX_STACK = 16_384
const MAX_HINT = 4_096
const MAX_CODE = 128

/**
 * Serializes an error for a log line, with its whole cause chain and an AggregateError's members, 8 deep and 32
 * altogether; those behind the first 65 536 characters are short. What is left out is named in its place. Of the other
 * properties only `code` and `statusCode` are copied, because the rest may hold secrets. Never throws.
 *
 * @param error What was thrown.
 */
export function serializeError(error: unknown): SerializedError {
  return serialize(error, { path: [], total: 0, characters: 0 })
}

interface Progress {
  /** The errors that this one is the cause or a member of. */
  readonly path: unknown[]
  total: number
  /** Of the messages and stacks so far. */
  characters: number
}

function serialize(error: unknown, progress: Progress): SerializedError {
  progress.total += 1
  const type = typeName(error)
  if (!isErrorLike(error)) return { type, message: messageOf(error), stack: '' }

  const code = codeOf(error)
  const statusCode = readStatusCode(error)
  const cause = readCause(error)
  const members = readErrors(error)
  const isShort = progress.characters >= MAX_CHARACTERS
  const message = messageOf(error, isShort ? MAX_SHORT_MESSAGE : MAX_MESSAGE)
  const stack = isShort ? '' : boundedStack(error)
  progress.characters += message.length + stack.length
  progress.path.push(error)
  const serialized: SerializedError = {
    type,
    message,
    stack,
    ...(code === undefined ? undefined : { code }),
    // JSON has no NaN and no Infinity.
    ...(Number.isFinite(statusCode) ? { statusCode: statusCode as number } : undefined),
    // A function is VError's accessor, not a cause.
    ...(cause === undefined || cause === null || typeof cause === 'function'
      ? undefined
      : { cause: inner(cause, progress) }),
    ...(isArrayLike(members) ? { errors: serializeMembers(members, progress) } : undefined),
  }
  progress.path.pop()
  return serialized
}

function inner(error: unknown, progress: Progress): SerializedError {
  if (progress.path.includes(error)) return leftOut('this error again: the chain is a circle')
  if (progress.path.length >= MAX_DEPTH) return leftOut(`the chain goes on below ${MAX_DEPTH} errors`)
  if (progress.total >= MAX_TOTAL) return leftOut(`more than ${MAX_TOTAL} errors`)
  return serialize(error, progress)
}

function serializeMembers(members: readonly unknown[], progress: Progress): SerializedError[] {
  const length = lengthOf(members)
  const serialized: SerializedError[] = []
  for (let i = 0; i < length && i < MAX_ERRORS; i += 1)
    serialized.push(inner(readProperty(members, i), progress))
  if (length > MAX_ERRORS) serialized.push(leftOut(`${length - MAX_ERRORS} more errors`))
  return serialized
}

function leftOut(what: string): SerializedError {
  return { type: 'left out', message: `[${what}]`, stack: '' }
}

function codeOf(error: unknown): string | number | undefined {
  const code = readCode(error)
  if (typeof code === 'string') return clip(code, MAX_CODE)
  return typeof code === 'number' && Number.isFinite(code) ? code : undefined
}

/**
 * Shortens a stack at the end of its message and at the end of its trace, so that a trace is left. Below it stands
 * Node's hint, as Node itself prints it.
 */
function boundedStack(error: unknown): string {
  const stack = stackOf(error) ?? ''
  if (stack.length <= MAX_STACK) {
    const hint = unhandledEventHint(error)
    return hint === undefined ? stack : `${stack}\n${clip(hint, MAX_HINT)}`
  }
  const start = traceStart(stack, readMessage(error))
  if (start === -1) return clip(stack, MAX_STACK)
  const header = clip(stack.slice(0, start), MAX_MESSAGE)
  return header + clip(stack.slice(start), MAX_STACK - MAX_MESSAGE)
}
