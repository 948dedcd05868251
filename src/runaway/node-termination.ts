import { executionAsyncResource } from 'node:async_hooks'
import { clearImmediate, clearTimeout, setImmediate } from 'node:timers'

// Everything private of Node that ending a runaway needs. A termination skips every `finally`, also those of Node: what
// they would have done is done here. The lists are those of `lib/internal/timers.js`, of which Node 20 to 26 have the
// same.

/** An `Immediate`, as Node's list of them links it. */
interface ImmediateNode {
  _idleNext: ImmediateNode | null
  _idlePrev: ImmediateNode | null
  _onImmediate: (() => void) | null
  _argv: unknown
  _destroyed: boolean
}

type FatalException = (error: unknown, isFromPromise: boolean) => boolean

const node = process as unknown as { _fatalException?: FatalException; emit: () => boolean }

const noop = (): void => {}

function newImmediate(): ImmediateNode & NodeJS.Immediate {
  return setImmediate(noop) as unknown as ImmediateNode & NodeJS.Immediate
}

/** The name of a part that this Node does not have where it was, undefined where all are there. */
export function missingPart(): string | undefined {
  if (typeof node._fatalException !== 'function') return 'process._fatalException'
  const first = newImmediate()
  const second = newImmediate()
  const isListed = first._idleNext === second && second._idlePrev === first
  const isAsKnown = first._destroyed === false && first._onImmediate === noop
  clearImmediate(first)
  clearImmediate(second)
  return isListed && isAsKnown ? undefined : 'list of immediates'
}

/**
 * Whether what runs can be terminated so that the process goes on. A callback for uncaught exceptions would be called
 * in place of the empty listener, and the main module would not be loaded to its end.
 */
export function canUnwind(asyncId: number): boolean {
  return !process.hasUncaughtExceptionCaptureCallback() && asyncId !== 1
}

/**
 * Prepares Node for the termination of what runs right now. Called inside of the interrupt, as the last thing.
 *
 * @param error What Node is told that the code threw.
 */
export function prepareTermination(error: unknown): void {
  mendLists(executionAsyncResource())
  emptyAsyncIds(error)
}

/**
 * Empties the stack of asynchronous ids: after a termination Node 20 and 22 would find the ids of the callback on it,
 * and abort. Node empties it for an uncaught exception, which nobody is told of here.
 */
function emptyAsyncIds(error: unknown): void {
  const own = Object.getOwnPropertyDescriptor(process, 'emit')
  Object.defineProperty(process, 'emit', { value: () => true, configurable: true, writable: true })
  try {
    node._fatalException?.(error, false)
  } finally {
    if (own === undefined) delete (process as { emit?: unknown }).emit
    else Object.defineProperty(process, 'emit', own)
  }
}

function mendLists(resource: object): void {
  const kind = resource.constructor?.name
  // it would count as pending for ever
  if (kind === 'Timeout') clearTimeout(resource as NodeJS.Timeout)
  else if (kind === 'Immediate' && (resource as ImmediateNode)._destroyed) {
    mendImmediates(resource as ImmediateNode)
  }
}

function mendImmediates(running: ImmediateNode): void {
  if (running._idlePrev === null) adoptRest(running)
  else disarm(running)
}

/**
 * The first of its batch: only Node's terminated loop knew the rest. It is hung in between two new ones, which Node
 * runs next; each of the rest is still counted.
 */
function adoptRest(running: ImmediateNode): void {
  const first = running._idleNext
  if (first === null) return
  let last = first
  while (last._idleNext !== null) last = last._idleNext
  const before = newImmediate()
  const after = newImmediate()
  before._idleNext = first
  first._idlePrev = before
  last._idleNext = after
  after._idlePrev = last
  running._idleNext = null
}

/**
 * A later one of its batch: Node begins again with it, and would fail for ever, for it is destroyed. So it becomes one
 * that does nothing. Node counts it down a second time: one more is counted, which never runs.
 */
function disarm(running: ImmediateNode): void {
  running._destroyed = false
  running._onImmediate = noop
  running._argv = undefined
  const before = newImmediate()
  const counted = newImmediate()
  const after = newImmediate()
  counted.unref()
  before._idleNext = after
  after._idlePrev = before
}
