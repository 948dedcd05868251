import { attempt } from '../attempt.ts'
import { readCode, readMessage, readName } from '../error-properties.ts'
import { isMadeByNode } from '../node-parts.ts'
import { someInChain } from './chain.ts'
import type { Fault, Verdict } from './fault.ts'
import { hasFatalBrand } from './is-fatal-error.ts'
import { framesIn, traceOf } from './stack.ts'
import { isPlainError, ownProperty } from './thrown.ts'

/** Codes of libuv for resources that are used up: file descriptors of the process and of the host, socket buffers. */
const USED_UP: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS'])

/**
 * V8's messages where the system gave no memory; checked on Node 20, 22, 24 and 26. Its other RangeErrors (`Invalid
 * array length`, `Invalid string length`, `Maximum call stack size exceeded`, `Map maximum size exceeded`) are
 * about one value that is too large: the bug of one request. So is a buffer that a client wants too large: see
 * {@link hasMemory}.
 */
const ALLOCATION_FAILED: ReadonlySet<unknown> = new Set([
  'Array buffer allocation failed',
  'WebAssembly.Memory(): could not allocate memory',
])

/** Bytes without which a process cannot go on. */
const NEEDED = 2 ** 24

/** What a verdict depends on. */
type Judged = Pick<Fault, 'error' | 'origin' | 'attributedTo' | 'job'>

/**
 * Whether an error escaped to the process, or ran away, and is no request's own: it has none, or only the one that once
 * opened the connection which failed.
 */
export function isUnowned({ origin, attributedTo }: Pick<Fault, 'origin' | 'attributedTo'>): boolean {
  return (
    (attributedTo === 'none' || attributedTo === 'connection') &&
    (origin === 'rejection' || origin === 'exception' || origin === 'runaway')
  )
}

/**
 * Returns the verdict that counts unless `classify` returns another one. Never throws.
 *
 * - `fatal`: a FatalError, a failed assertion that Node itself threw, and an error of no request that escaped to the
 *   process before the app served: its start has failed.
 * - `recycle`: exhausted resources, as Node itself tells of them; an escaped exception, unless it is of a job, and a
 *   runaway, because they may have unwound the frames of other code too; any other escaped error of no request, because
 *   it is unknown what it left half done.
 * - `contain`: everything else.
 *
 * @param hasServed Whether the app has listened or received a request.
 */
export function proposeVerdict(fault: Judged, hasServed: boolean): Verdict {
  const { error, origin, job } = fault
  const belongsToNobody = isUnowned(fault)
  if (belongsToNobody && !hasServed) return 'fatal'
  const isPlain = isPlainError(error)
  if (!isPlain && someInChain(error, isFatal)) return 'fatal'
  const mayUnwindOthers = origin === 'runaway' || (origin === 'exception' && job === undefined)
  if (belongsToNobody || mayUnwindOthers) return 'recycle'
  if (!isPlain && someInChain(error, isExhaustion)) return 'recycle'
  return 'contain'
}

/** Whether a value is one of the three verdicts. */
export function isVerdict(value: unknown): value is Verdict {
  return value === 'contain' || value === 'recycle' || value === 'fatal'
}

function isFatal(error: unknown): boolean {
  return hasFatalBrand(error) || isOfNode(error, 'ERR_INTERNAL_ASSERTION')
}

/** Whether an error is one of Node's own with a code, and no other that was given that code, its stack included. */
function isOfNode(error: unknown, code: string): boolean {
  return readCode(error) === code && isMadeByNode(error)
}

/**
 * Whether libuv told of an error: its trace begins in Node, or it has none, and it names a system call. Clients of
 * services copy the code that an upstream has sent onto errors of their own.
 */
function isOfSystem(error: unknown): boolean {
  const trace = traceOf(error)
  const isWithoutFrames = trace === '' || trace.startsWith('\n    at async ')
  if (!isWithoutFrames) return framesIn(trace)[0]?.file.startsWith('node:') === true
  return typeof ownProperty(error, 'errno') === 'number' && typeof ownProperty(error, 'syscall') === 'string'
}

function isExhaustion(error: unknown): boolean {
  if (USED_UP.has(readCode(error))) return isOfSystem(error)
  if (isOfNode(error, 'ERR_WORKER_OUT_OF_MEMORY')) return true
  if (isOfNode(error, 'ERR_MEMORY_ALLOCATION_FAILED')) return !hasMemory()
  const isOfV8 = readName(error) === 'RangeError' && ownProperty(error, 'name') === undefined
  return isOfV8 && ALLOCATION_FAILED.has(readMessage(error)) && !hasMemory()
}

/** Whether the system has memory for what is not large: then one value was too large, as a client may ask for. */
function hasMemory(): boolean {
  return attempt(() => new ArrayBuffer(NEEDED).byteLength > 0, false)
}
