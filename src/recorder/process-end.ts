import { attempt } from '../attempt.ts'
import { framesIn } from '../fault/stack.ts'
import { LISTENER } from '../uncaught/listener.ts'

/** What is known of an exit. */
export interface ExitCall {
  readonly code: number
  /** Whether `process.exit()` was called. */
  readonly wasCalled: boolean
  /** The frames of the app that called it, the innermost first: `lib/foo.js:12`. */
  readonly callers: readonly string[]
}

/** Told of the end of the process. No method may throw. */
export interface EndListener {
  exited(call: ExitCall): void
  /** A signal came that ends a process. */
  signalled(name: NodeJS.Signals): void
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']
const MAX_FRAMES = 8
const MAX_FRAME = 200
const STACK_DEPTH = 50

const listeners: Set<EndListener> = new Set()

/** Tells of the end of the process, until {@link stopListeningToEnd}. */
export function listenToEnd(listener: EndListener): void {
  if (listeners.size === 0) {
    process.on('exit', onExit)
    for (const signal of SIGNALS) attempt(() => process.prependListener(signal, onSignal), undefined)
  }
  listeners.add(listener)
}

/** Undoes {@link listenToEnd}. */
export function stopListeningToEnd(listener: EndListener): void {
  if (!listeners.delete(listener) || listeners.size > 0) return
  process.off('exit', onExit)
  for (const signal of SIGNALS) process.off(signal, onSignal)
}

function onExit(code: number): void {
  const call = attempt(() => exitCall(code), { code, wasCalled: false, callers: [] })
  for (const listener of listeners) listener.exited(call)
}

/**
 * Ends the process as the signal would have without this listener. It is removed first, so that no other listener counts
 * it.
 */
function onSignal(signal: NodeJS.Signals): void {
  for (const listener of listeners) listener.signalled(signal)
  process.off(signal, onSignal)
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
}
Object.defineProperty(onSignal, LISTENER, { value: true })

function exitCall(code: number): ExitCall {
  const held: { stack?: string } = {}
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = STACK_DEPTH
  Error.captureStackTrace(held, onExit)
  // read before the limit is set back: the text is made when it is read
  const stack = held.stack ?? ''
  Error.stackTraceLimit = stackTraceLimit
  const folder = `${process.cwd().replaceAll('\\', '/')}/`
  const callers = framesIn(stack.slice(stack.indexOf('\n    at ')))
    .filter(({ file, line }) => line !== '' && !file.startsWith('node:'))
    .slice(0, MAX_FRAMES)
    .map(({ file, line }) => `${file.startsWith(folder) ? file.slice(folder.length) : file}:${line}`)
    .map((frame) => frame.slice(-MAX_FRAME))
  return { code, wasCalled: /\bprocess\.(?:reallyE|e)xit\b/.test(stack), callers }
}
