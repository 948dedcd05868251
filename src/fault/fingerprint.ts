import { createHash } from 'node:crypto'
import { readCode } from '../error-properties.ts'
import { copyOf, startOf } from '../start-of.ts'
import { RecentTraces } from './recent-traces.ts'
import { type Frame, framesIn, traceOf } from './stack.ts'
import { isErrorLike, messageOf, typeName } from './thrown.ts'

/** The most frames of the app that count. The ones further out show the caller, not the bug. */
const MAX_FRAMES = 5

/** Characters of a message that are read, and that count once its ids are replaced. */
const MAX_MESSAGE_READ = 512
const MAX_MESSAGE_KEPT = 128

/** The same for {@link Likeness.message}. Fewer, because it is made for every fault. */
const MAX_LIKENESS_READ = 128
const MAX_LIKENESS_KEPT = 64

/** Names that any function gets from Fastify's options, and that do not identify it. */
const NAMELESS: ReadonlySet<string> = new Set([
  '',
  'handler',
  'errorHandler',
  'onRequest',
  'preParsing',
  'preValidation',
  'preHandler',
  'preSerialization',
  'onSend',
  'onError',
  'onResponse',
  'onTimeout',
  'onRequestAbort',
])

const ROOT = workingDirectory()

/** What an error says of itself without its stack, which is dear to read. */
export interface Likeness {
  /** The error's type and its code. */
  readonly type: string
  /** The start of its message, without ids. */
  readonly message: string
}

/** Reads what an error says of itself without its stack. Never throws, and does a bounded amount of work. */
export function likenessOf(error: unknown): Likeness {
  const type = typeAndCode(error)
  const message = messageOf(error, MAX_LIKENESS_READ)
  if (type === lastLikeness.type && message === lastMessage) return lastLikeness
  const kept = withoutIds(message.slice(0, MAX_LIKENESS_READ)).slice(0, MAX_LIKENESS_KEPT)
  const likeness = { type, message: kept }
  // not what was cut: that it says how long it was may be told by an id
  if (message.length <= MAX_LIKENESS_READ) {
    lastMessage = copyOf(message)
    lastLikeness = likeness
  }
  return likeness
}

/** The message seen last and its likeness: on a busy route the same bug mostly says the same again. */
let lastMessage = ''
let lastLikeness: Likeness = { type: '', message: '' }

function typeAndCode(error: unknown): string {
  const type = typeName(error)
  const code = isErrorLike(error) ? readCode(error) : undefined
  const isNamed = typeof code === 'string' || typeof code === 'number'
  return isNamed ? `${type}\n${startOf(String(code), 128)}` : type
}

/**
 * Groups the same bug across requests, processes and hosts: 16 hexadecimal digits made of the error's type and code
 * and the app's own innermost frames, relative to the working directory. Never throws, and does a bounded amount of
 * work.
 *
 * A frame counts with its function and file. Its line number counts only where the function has no name, because a
 * release that adds a line above would change the fingerprint of every bug below. Columns never count.
 *
 * Without frames of the app all frames count; without any frame the message, with its ids replaced.
 *
 * @param error What was thrown.
 */
export function fingerprintOf(error: unknown): string {
  return readFingerprint(error, typeAndCode(error))
}

/**
 * As {@link fingerprintOf}, where the type and the code of the error are known already.
 *
 * @param key As {@link Likeness.type}.
 */
export function readFingerprint(error: unknown, key: string): string {
  const trace = isErrorLike(error) ? traceOf(error) : ''
  return recent.find(key, trace) ?? fingerprintBy(key, trace, error)
}

function fingerprintBy(key: string, trace: string, error: unknown): string {
  const frames = framesIn(trace)
  const bug = describe(frames, isOwn) || describe(frames, hasLine)
  if (bug === '') return digest(`${key}\n${keptOf(messageOf(error, MAX_MESSAGE_READ))}`)
  const fingerprint = digest(key + bug)
  recent.add(key, trace, fingerprint)
  return fingerprint
}

function digest(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16)
}

/**
 * A cache: a bug on a busy route throws the same trace again and again, and to parse it is the most expensive part
 * of a fault.
 */
const recent: RecentTraces = new RecentTraces()

function describe(frames: readonly Frame[], counts: (frame: Frame) => boolean): string {
  let key = ''
  let last = ''
  let taken = 0
  for (const frame of frames) {
    if (!counts(frame)) continue
    const name = withoutReceiver(frame.name)
    const part = `\n${name} ${relative(frame.file)}${NAMELESS.has(name) ? `:${frame.line}` : ''}`
    // A recursive function counts once: its depth depends on the input.
    if (part === last) continue
    key += part
    last = part
    taken += 1
    if (taken === MAX_FRAMES) break
  }
  return key
}

/** Whether a frame is the app's: a file, and neither Node's nor a dependency's. */
function isOwn(frame: Frame): boolean {
  return (
    frame.line !== '' &&
    !frame.file.startsWith('node:') &&
    !frame.file.startsWith('wasm:') &&
    !frame.file.startsWith('eval at ') &&
    !frame.file.includes('/node_modules/') &&
    frame.file !== '<anonymous>'
  )
}

function hasLine(frame: Frame): boolean {
  return frame.line !== ''
}

/** V8 names a plain object's method `Object.name` or `name`, depending on the call and the version. */
function withoutReceiver(name: string): string {
  return name.startsWith('Object.') ? name.slice(7) : name
}

function relative(file: string): string {
  const dependency = file.lastIndexOf('/node_modules/')
  if (dependency !== -1) return file.slice(dependency + 1)
  return file.startsWith(ROOT) ? file.slice(ROOT.length) : file
}

function keptOf(message: string): string {
  return withoutIds(message.slice(0, MAX_MESSAGE_READ)).slice(0, MAX_MESSAGE_KEPT)
}

/** Replaces quoted texts and words with a digit: they may be ids, which differ from request to request. */
function withoutIds(message: string): string {
  return message
    .replace(/"[^"]*(?:"|$)|`[^`]*(?:`|$)|(?<![\w])'[^']*(?:'|$)/g, '#')
    .replace(/[\w-]+/g, (word) => (/\d|^[a-f]{8,}$/i.test(word) ? '#' : word))
}

function workingDirectory(): string {
  try {
    const path = process.cwd().replaceAll('\\', '/')
    return path.endsWith('/') ? path : `${path}/`
  } catch {
    // The folder was deleted: paths stay as they are.
    return '/'
  }
}
