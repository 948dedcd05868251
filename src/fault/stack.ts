import { readMessage, readStack } from '../error-properties.ts'

/** How V8 begins each line of a trace. */
const FRAME = '\n    at '

/** The most characters of a stack before its message: the type, or the excerpt of a source map. */
const MAX_HEADER_OFFSET = 4096

/** The most lines parsed, however high `Error.stackTraceLimit` is. */
const MAX_LINES = 50

/** The most characters parsed of a line. */
const MAX_LINE = 1024

/** One line of a stack. */
export interface Frame {
  /** The function as V8 names it, without `async`; empty where it has no name. */
  readonly name: string
  /** The file: a path with `/`, or V8's own word (`node:fs`, `<anonymous>`). */
  readonly file: string
  /** The line's number, empty where there is none. */
  readonly line: string
}

/** The stack of a thrown value, if it has one that is a text. Never throws. */
export function stackOf(error: unknown): string | undefined {
  const stack = readStack(error)
  return typeof stack === 'string' ? stack : undefined
}

/**
 * Returns where the trace begins in a stack: the index of the line break before its first frame, -1 without one. A
 * line of the message that looks like a frame is part of the message.
 *
 * @param stack The stack.
 * @param message The error's message, whole.
 */
export function traceStart(stack: string, message: unknown): number {
  return stack.indexOf(FRAME, endOfMessage(stack, message))
}

function endOfMessage(stack: string, message: unknown): number {
  if (typeof message !== 'string' || message === '') return 0
  // Most stacks begin with `Error: `, 7 characters.
  if (message.length < 64 && stack.startsWith(message, 7)) return 7 + message.length
  // A long message is compared once, where its first 64 characters are found.
  const start = stack.slice(0, MAX_HEADER_OFFSET).indexOf(message.slice(0, 64))
  if (start === -1 || !stack.startsWith(message, start)) return 0
  return start + message.length
}

/** The part of an error's stack that holds its frames; empty for what has none. Never throws. */
export function traceOf(error: unknown): string {
  const stack = stackOf(error)
  if (stack === undefined) return ''
  const start = traceStart(stack, readMessage(error))
  return start === -1 ? '' : stack.slice(start)
}

/** The frames of a trace, the innermost first, at most 50. */
export function framesIn(trace: string): Frame[] {
  const frames: Frame[] = []
  let start = trace.indexOf(FRAME)
  while (start !== -1 && frames.length < MAX_LINES) {
    const from = start + FRAME.length
    const next = trace.indexOf(FRAME, from)
    const end = Math.min(next === -1 ? trace.length : next, from + MAX_LINE)
    frames.push(parseFrame(trace.slice(from, end)))
    start = next
  }
  return frames
}

function parseFrame(text: string): Frame {
  // Source maps and custom formatters put further lines below a frame.
  const lineBreak = text.indexOf('\n')
  let line = lineBreak === -1 ? text : text.slice(0, lineBreak)
  if (line.startsWith('async ')) line = line.slice(6)
  const paren = line.endsWith(')') ? line.indexOf(' (') : -1
  if (paren === -1) return located('', line)
  return located(functionName(line.slice(0, paren)), line.slice(paren + 2, -1))
}

function functionName(text: string): string {
  const alias = text.indexOf(' [as ')
  const name = alias === -1 ? text : text.slice(0, alias)
  return name.endsWith('<anonymous>') ? '' : name
}

/** Splits `file:line:column`. */
function located(name: string, location: string): Frame {
  const column = location.lastIndexOf(':')
  const line = location.lastIndexOf(':', column - 1)
  if (column <= 0 || line <= 0 || !isNumber(location, line + 1, column)) {
    return { name, file: toPath(location), line: '' }
  }
  return { name, file: toPath(location.slice(0, line)), line: location.slice(line + 1, column) }
}

function isNumber(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) {
    const code = text.charCodeAt(i)
    if (code < 48 || code > 57) return false
  }
  return to > from
}

function toPath(file: string): string {
  const path = file.startsWith('file://') ? file.slice(7) : file
  return path.includes('\\') ? path.replaceAll('\\', '/') : path
}
