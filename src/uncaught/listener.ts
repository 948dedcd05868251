import { attempt } from '../attempt.ts'
import { isListOfImmediatesBroken } from './broken-immediates.ts'
import { actLikeNode, type UncaughtEvent } from './node-default.ts'
import { isThrownByTick, runPendingTicks } from './pending-ticks.ts'
import { hasTestRunner, hasTestVariable, tellTestRunner } from './test-runner.ts'

/** An uncaught error, as Node reported it to the process. */
export interface Escape {
  /** What was thrown or rejected with, by identity. */
  readonly error: unknown
  readonly origin: 'exception' | 'rejection'
  /** The promise of a rejection, to recognise it when it is handled late. Undefined in Node's strict mode. */
  readonly promise: Promise<unknown> | undefined
}

/**
 * A handler's answer to an escape: `taken`; `declined`, where it comes from code that opted out and so is left to
 * Node; or `unknown` to this handler.
 */
export type Takes = 'taken' | 'declined' | 'unknown'

/**
 * Handles the escapes of one app. The process's listener knows nothing of requests: it offers each escape to its
 * handlers. A method that throws counts as `unknown`, `false` or 0; it never ends the process.
 */
export interface EscapeHandler {
  /** Whether this app's server accepts connections. Such an app is the first to get an escape without a request. */
  serving(): boolean
  /** The number of its requests in flight. */
  inFlight(): number
  /**
   * Takes the escape if it certainly belongs to one of its requests. Called while the asynchronous context is still
   * that of the error.
   */
  takeOwn(escaped: Escape): Takes
  /** Takes the escape for its only request in flight. Called where that is the only one in the process. */
  takeAsOnlyRequest(escaped: Escape): Takes
  /** Takes an escape that belongs to no request. */
  takeUnowned(escaped: Escape): Takes
  /** Called when a rejection was handled after it had been reported. Returns true where this handler had taken it. */
  handledLate(promise: Promise<unknown>): boolean
  /**
   * Called when errors never end, of ticks or of Node itself, so that neither promises nor the event loop go on: answers
   * what it can at once.
   *
   * @returns Whether the process has to exit then.
   */
  endLoop(error: unknown): boolean
  /** Clears the asynchronous context that the callback which threw may have left as the current one. */
  leaveContext(): void
}

/**
 * What all copies of the package in one process share. The listeners of the first copy call the handlers of every
 * copy through this object, so a change of its type needs another symbol.
 */
interface SharedListener {
  /** In the order in which they were added. */
  readonly handlers: EscapeHandler[]
  /** Removes the listeners. */
  stopListening(): void
}

/** Marks the listeners of this package, from whichever copy. */
export const LISTENER: unique symbol = Symbol.for('fastify-isolate.uncaught') as never
const shared = globalThis as { [LISTENER]?: SharedListener }

/** Adds a handler. The first one adds the process's listeners; the removal of the last one removes them. */
export function addHandler(handler: EscapeHandler): void {
  const listener = shared[LISTENER]
  if (listener === undefined) shared[LISTENER] = startListening(handler)
  else if (!listener.handlers.includes(handler)) listener.handlers.push(handler)
}

/** Removes a handler. Does nothing the second time. */
export function removeHandler(handler: EscapeHandler): void {
  const listener = shared[LISTENER]
  const index = listener?.handlers.indexOf(handler) ?? -1
  if (listener === undefined || index === -1) return
  listener.handlers.splice(index, 1)
  if (listener.handlers.length > 0) return
  listener.stopListening()
  delete shared[LISTENER]
}

/** Whether a listener of the process's events is of this package, from whichever copy. */
export function isOurs(listener: unknown): boolean {
  return typeof listener === 'function' && LISTENER in listener
}

function startListening(first: EscapeHandler): SharedListener {
  const handlers: EscapeHandler[] = [first]
  let wasStrict = false
  let isListening = false

  function onException(error: unknown, nodesOrigin: string): void {
    // Node reports a rejection here only with `--unhandled-rejections=strict`. It then emits `unhandledRejection`
    // too, at once, for the same promise.
    wasStrict = nodesOrigin === 'unhandledRejection'
    const origin = wasStrict ? 'rejection' : 'exception'
    const hasPendingTicks = attempt(isThrownByTick, false)
    const isBroken = attempt(() => isListOfImmediatesBroken(error), false)
    if (!isBroken) handle({ error, origin, promise: undefined }, 'uncaughtException')
    if (isBroken || (hasPendingTicks && attempt(runPendingTicks, false))) endLoop(error)
  }

  function endLoop(error: unknown): void {
    const answers = handlers.map((handler) => attempt(() => handler.endLoop(error), false))
    if (answers.includes(true)) process.exit()
  }

  function onRejection(error: unknown, promise: Promise<unknown>): void {
    if (wasStrict) wasStrict = false
    else handle({ error, origin: 'rejection', promise }, 'unhandledRejection')
  }

  function onHandledLate(promise: Promise<unknown>): void {
    for (const handler of [...handlers]) if (attempt(() => handler.handledLate(promise), false)) return
  }

  /** Never throws: Node exits with code 7 where a listener of `uncaughtException` throws. */
  function handle(escaped: Escape, event: UncaughtEvent): void {
    const isTested = attempt(() => hasTestRunner(event, isOurs), false)
    const takes = attempt(() => offer(handlers, escaped, isTested), 'unknown')
    for (const handler of [...handlers]) attempt(() => handler.leaveContext(), undefined)
    if (takes === 'taken') return
    const ours = { stopListening, listen }
    attempt(
      () =>
        isTested ? tellTestRunner(escaped, event, ours) : actLikeNode(escaped.error, event, isOurs, ours),
      undefined,
    )
  }

  const listeners = [
    ['uncaughtException', onException],
    ['unhandledRejection', onRejection],
    ['rejectionHandled', onHandledLate],
  ] as const
  for (const [, listener] of listeners) Object.defineProperty(listener, LISTENER, { value: true })

  function listen(): void {
    if (handlers.length === 0) return
    stopListening()
    for (const [event, listener] of listeners) process.on(event as 'exit', listener as NodeJS.ExitListener)
    process.on('removeListener' as 'exit', onRemoved as NodeJS.ExitListener)
    isListening = true
  }

  /** Puts back what others have removed: without it the next escape would end the process. Never throws. */
  function onRemoved(event: unknown, removed: unknown): void {
    if (!isListening || !listeners.some(([, listener]) => listener === removed)) return
    // Test runners remove all listeners for the time of a test, and put them back themselves.
    if (attempt(hasTestVariable, false)) return
    isListening = false
    // Later, so that whoever removes them to throw at once ends the process.
    queueMicrotask(() => attempt(listen, undefined))
    attempt(() => process.emitWarning(lostListener(event)), undefined)
  }

  function stopListening(): void {
    isListening = false
    process.removeListener('removeListener', onRemoved)
    for (const [event, listener] of listeners) process.removeListener(event, listener)
  }

  listen()
  return { handlers, stopListening }
}

function lostListener(event: unknown): string {
  return (
    `fastify-isolate: its listener on process '${String(event)}' was removed, and is put back, for the next escape would ` +
    'end the process: remove your own listeners by process.removeListener() instead of process.removeAllListeners()'
  )
}

/**
 * Asks the app whose request it is, then the app with the only request in flight, then the apps that serve, the
 * oldest first.
 */
function offer(handlers: readonly EscapeHandler[], escaped: Escape, isTested: boolean): Takes {
  const present = [...handlers]
  for (const handler of present) {
    const takes = attempt(() => handler.takeOwn(escaped), 'unknown')
    if (takes !== 'unknown') return takes
  }
  const busy = present.filter((handler) => attempt(() => handler.inFlight(), 0) > 0)
  const [only] = busy
  if (only !== undefined && busy.length === 1 && attempt(() => only.inFlight(), 0) === 1) {
    if (attempt(() => only.takeAsOnlyRequest(escaped), 'unknown') === 'taken') return 'taken'
  }
  // An error of no request is the test's, and has to fail it.
  if (isTested) return 'unknown'
  const serving = present.filter((handler) => attempt(() => handler.serving(), false))
  for (const handler of new Set([...serving, ...present])) {
    if (attempt(() => handler.takeUnowned(escaped), 'unknown') === 'taken') return 'taken'
  }
  return 'unknown'
}
