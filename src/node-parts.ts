import { executionAsyncResource } from 'node:async_hooks'
import { EventEmitter } from 'node:events'
import { attempt } from './attempt.ts'
import { symbolOf } from './symbol-of.ts'

// What is private in Node is looked up here. A Node without a part finds nothing: the error of a connection then has
// the grace of any exception, a line lacks its hint, a failed assertion of Node is contained, and the exit waits for
// threads that hang, until the watchdog kills the process.

/** What Node's current async resource leads to. */
export interface CurrentResource {
  /** The arguments of a tick: the `IncomingMessage` that emits `end`, the socket that emits `error`. */
  readonly args: readonly unknown[]
  /**
   * What a handle belongs to: a TCP or TLS socket, an HTTP/2 stream. They have it under a symbol called `owner_symbol`,
   * and the resource of an HTTP parser has a property `socket`.
   */
  readonly owner: unknown
}

/** Reads Node's current async resource. */
export function currentResource(): CurrentResource {
  const resource = executionAsyncResource() as { args?: unknown; socket?: unknown; [key: symbol]: unknown }
  const { args, socket } = resource
  const owner = symbolOf(resource, 'owner_symbol')
  return { args: Array.isArray(args) ? args : [], owner: owner === undefined ? socket : resource[owner] }
}

/**
 * Whether Node's HTTP/1 parser is at work on what a connection has brought: then this code runs within it. Never throws.
 */
export function isBeingParsed(socket: unknown): boolean {
  return attempt(() => {
    const { parser } = socket as { parser?: { getCurrentBuffer(): Buffer } }
    return parser !== undefined && parser.getCurrentBuffer().length > 0
  }, false)
}

/** Work of Node's other threads that may last for ever: on files, of which a pipe is one, and on names of hosts. */
const MAY_LAST: RegExp = /^(?:FSReq|GetAddrInfoReq|GetNameInfoReq)/

/** What Node's other threads do right now that may last for ever, each an object of its own. Never throws. */
export function workOfThreads(): object[] {
  return attempt(() => {
    const { _getActiveRequests } = process as { _getActiveRequests?: () => object[] }
    return _getActiveRequests?.().filter((request) => MAY_LAST.test(request.constructor.name)) ?? []
  }, [])
}

/** No bytes, at an address that is not null: for a null pointer Node's parser would end the message. */
const NO_BYTES = Buffer.alloc(1).subarray(1)

/** What Node's HTTP/1 parser says of whatever it is given once an exception has passed through it. */
export const PARSER_STOPPED = 'HPE_JS_EXCEPTION'

/**
 * Whether an exception has stopped Node's HTTP/1 parser of a connection for good. One that says nothing of itself counts
 * as stopped, so that nobody waits for the rest of a body that may never come. Not to be called while the parser is at
 * work. Never throws.
 */
export function isParserStopped(socket: unknown): boolean {
  return attempt(() => {
    const { parser } = socket as { parser?: { execute(bytes: Buffer): unknown } | null }
    // one that has not stopped does nothing with no bytes
    const error = parser?.execute(NO_BYTES)
    return error instanceof Error && (error as NodeJS.ErrnoException).code === PARSER_STOPPED
  }, true)
}

/** What Node calls the function that `once()` puts around a listener, which has the listener in a property. */
const ONCE_WRAPPER = new EventEmitter().once('probe', () => {}).rawListeners('probe')[0]?.name

/** Whether a function, as `rawListeners()` gives it, removes itself from its emitter when it is called. */
export function isOnceWrapper(listener: { readonly name: string; readonly listener?: unknown }): boolean {
  return listener.listener !== undefined && listener.name === ONCE_WRAPPER
}

/** Whether Node made an error with a code of its own (`ERR_…`): such errors have a symbol, which no data can have. */
export function isMadeByNode(error: unknown): boolean {
  return attempt(() => symbolOf(error as object, 'kIsNodeError') !== undefined, false)
}

/** Under which Node attaches a function to an error that an emitter throws because nobody listens for `'error'`. */
let enhancer: symbol | undefined
let isEnhancerKnown = false

function enhancerSymbol(): symbol | undefined {
  if (!isEnhancerKnown) {
    isEnhancerKnown = true
    const error = new Error('probe')
    try {
      new EventEmitter().emit('error', error)
    } catch {
      enhancer = symbolOf(error, 'kEnhanceStackBeforeInspector')
    }
  }
  return enhancer
}

/** Whether an error was thrown by an emitter, because nobody listens for its `'error'` event. */
export function isUnhandledEvent(error: unknown): boolean {
  return attempt(() => {
    const symbol = enhancerSymbol()
    return symbol !== undefined && typeof error === 'object' && error !== null && Object.hasOwn(error, symbol)
  }, false)
}

const HINT = "\nEmitted 'error' event"

/**
 * The hint that Node prints below the stack of such an error: `Emitted 'error' event on BoundPool instance at:` and the
 * frames. Undefined for every other error. Never throws.
 */
export function unhandledEventHint(error: unknown): string | undefined {
  if (!isUnhandledEvent(error)) return undefined
  return attempt(() => {
    const enhanced = (error as Record<symbol, () => unknown>)[enhancerSymbol() as symbol]?.()
    const start = typeof enhanced === 'string' ? enhanced.lastIndexOf(HINT) : -1
    return start === -1 ? undefined : (enhanced as string).slice(start + 1)
  }, undefined)
}
