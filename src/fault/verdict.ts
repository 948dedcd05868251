import { readCode, readMessage, readName } from '../error-properties.ts'
import { someInChain } from './chain.ts'
import type { Fault, Verdict } from './fault.ts'
import { hasFatalBrand } from './is-fatal-error.ts'
import { framesIn, traceOf } from './stack.ts'
import { isPlainError, ownProperty } from './thrown.ts'

/**
 * Codes of errors about exhausted resources, which a 500 does not bring back: file descriptors (of the process, of
 * the host), socket buffers, a worker's heap, and memory (`Buffer.allocUnsafe`, Node 26).
 */
const EXHAUSTED: ReadonlySet<unknown> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ERR_WORKER_OUT_OF_MEMORY',
  'ERR_MEMORY_ALLOCATION_FAILED',
])

/**
 * V8's messages where the system gave no memory; checked on Node 20, 22, 24 and 26. Its other RangeErrors (`Invalid
 * array length`, `Invalid string length`, `Maximum call stack size exceeded`, `Map maximum size exceeded`) are
 * about one value that is too large: the bug of one request.
 */
const ALLOCATION_FAILED: ReadonlySet<unknown> = new Set([
  'Array buffer allocation failed',
  'WebAssembly.Memory(): could not allocate memory',
])

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
  return hasFatalBrand(error) || (readCode(error) === 'ERR_INTERNAL_ASSERTION' && isMadeByNode(error))
}

/**
 * Whether Node made an error itself: its trace begins in Node, or it has none, as errors of libuv, and tells of a system
 * call. Clients of services copy the code that an upstream has sent onto errors of their own.
 */
function isMadeByNode(error: unknown): boolean {
  const trace = traceOf(error)
  const isWithoutFrames = trace === '' || trace.startsWith('\n    at async ')
  if (!isWithoutFrames) return framesIn(trace)[0]?.file.startsWith('node:') === true
  return typeof ownProperty(error, 'errno') === 'number' && typeof ownProperty(error, 'syscall') === 'string'
}

function isExhaustion(error: unknown): boolean {
  if (EXHAUSTED.has(readCode(error))) return isMadeByNode(error)
  const isOfV8 = readName(error) === 'RangeError' && ownProperty(error, 'name') === undefined
  return isOfV8 && ALLOCATION_FAILED.has(readMessage(error))
}
