import { createHash } from 'node:crypto'
import { RecentTraces } from './recent-traces.ts'
import { type Frame, framesIn, traceOf } from './stack.ts'
import { isErrorLike, messageOf, readProperty, typeName } from './thrown.ts'

/** Own frames that tell two bugs apart; the ones further out tell who called, not what is wrong. */
const MAX_FRAMES = 5

/** How much of a message is looked at, and how much of it counts once its ids are gone. */
const MAX_MESSAGE_READ = 512
const MAX_MESSAGE_KEPT = 128

/** Names that Fastify's options give to any function, and that therefore name nothing. */
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

/**
 * Groups the same bug across requests, processes and hosts: 16 hexadecimal digits made of the error's type and
 * code and the app's own innermost frames, relative to the working directory. Never throws, and does a bounded
 * amount of work.
 *
 * A frame counts with its function and file. Its line number counts only where the function has no name, since
 * a line added above would otherwise make a new bug of every old one at each release; of nameless handlers in
 * one file nothing but the line tells which. Columns never count.
 *
 * Without own frames all frames count, and without any frame the message, its ids replaced.
 *
 * @param error What was thrown.
 */
export function fingerprintOf(error: unknown): string {
  const type = typeName(error)
  if (!isErrorLike(error)) return digest(`${type}\n${withoutIds(messageOf(error, MAX_MESSAGE_READ))}`)
  const code = readProperty(error, 'code')
  const isNamed = typeof code === 'string' || typeof code === 'number'
  const key = isNamed ? `${type}\n${String(code).slice(0, 128)}` : type
  const trace = traceOf(error)
  return recent.find(key, trace) ?? fingerprintBy(key, trace, error)
}

function fingerprintBy(key: string, trace: string, error: unknown): string {
  const frames = framesIn(trace)
  const bug = describe(frames, isOwn) || describe(frames, isAnywhere)
  if (bug === '') return digest(`${key}\n${withoutIds(messageOf(error, MAX_MESSAGE_READ))}`)
  const fingerprint = digest(key + bug)
  recent.add(key, trace, fingerprint)
  return fingerprint
}

function digest(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16)
}

/** A bug on a hot route throws the same trace over and over, and taking it apart is the dearest part of a fault. */
const recent: RecentTraces = new RecentTraces()

function describe(frames: readonly Frame[], counts: (frame: Frame) => boolean): string {
  let key = ''
  let last = ''
  let taken = 0
  for (const frame of frames) {
    if (!counts(frame)) continue
    const name = withoutReceiver(frame.name)
    const part = `\n${name} ${relative(frame.file)}${NAMELESS.has(name) ? `:${frame.line}` : ''}`
    // A recursion is as deep as its input.
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

function isAnywhere(frame: Frame): boolean {
  return frame.line !== ''
}

/** V8 calls a plain object's method `Object.name` or `name`, depending on the call and the version. */
function withoutReceiver(name: string): string {
  return name.startsWith('Object.') ? name.slice(7) : name
}

function relative(file: string): string {
  const dependency = file.lastIndexOf('/node_modules/')
  if (dependency !== -1) return file.slice(dependency + 1)
  return file.startsWith(ROOT) ? file.slice(ROOT.length) : file
}

/** Ids differ from request to request: quoted texts, and words with a digit in them, are only there or not. */
function withoutIds(message: string): string {
  return message
    .slice(0, MAX_MESSAGE_READ)
    .replace(/"[^"]*(?:"|$)|`[^`]*(?:`|$)|(?<![\w])'[^']*(?:'|$)/g, '#')
    .replace(/[\w-]+/g, (word) => (/\d|^[a-f]{8,}$/i.test(word) ? '#' : word))
    .slice(0, MAX_MESSAGE_KEPT)
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
