import { isMainThread } from 'node:worker_threads'
import { readProperty } from '../fault/thrown.ts'
import { KNOWN_OF_ERRORS, KNOWN_OF_SIGNALS, type KnownListener } from './known-listeners.ts'
import { isOurs } from './listener.ts'

/** A listener on an event of the process that is not of this package. */
export interface OtherListener {
  readonly event: 'uncaughtException' | 'unhandledRejection' | NodeJS.Signals
  /** The function's name, or `anonymous`. */
  readonly listener: string
  /** The package that it probably comes from, undefined where it is not known. */
  readonly packageName: string | undefined
  /** What to do about it. */
  readonly remedy: string
}

/** Matches the listeners of `node:test`, which only fail the running test, or end its run. */
const TEST_RUNNER = /\brootTest\b|await exitHandler\(true\)/

const REMEDY_FOR_ERRORS =
  'if it ends the process, no request survives an escaped error: remove it, or let it report only; ' +
  'the option onFault sees every error'

const REMEDY_FOR_SIGNALS =
  'if it closes the app or ends the process, leave.drainDelay and leave.deadline do not hold: let it do that in the ' +
  'option leave.onLeave, or take the signal out of leave.signals'

/** Node has no way to tell whose it is. */
const CAPTURE_CALLBACK: OtherListener = {
  event: 'uncaughtException',
  listener: 'setUncaughtExceptionCaptureCallback',
  packageName: undefined,
  remedy:
    'it gets every uncaught exception in place of the listeners, so none is logged or given back to its request: ' +
    'call process.setUncaughtExceptionCaptureCallback(null), and use onFault',
}

/** The listeners that were returned before: each is logged once, whatever the number of apps. */
const named = new WeakSet<object>()

/**
 * Returns the other listeners on `uncaughtException` and `unhandledRejection` that were not returned before. Call
 * it when the app is ready: packages add their listeners during the start.
 */
export function findOtherListeners(): OtherListener[] {
  const others = find(['uncaughtException', 'unhandledRejection'], KNOWN_OF_ERRORS, REMEDY_FOR_ERRORS)
  if (process.hasUncaughtExceptionCaptureCallback() && !named.has(CAPTURE_CALLBACK)) {
    named.add(CAPTURE_CALLBACK)
    others.push(CAPTURE_CALLBACK)
  }
  return others
}

/** As {@link findOtherListeners}, on these signals. None in a Worker thread, to which Node delivers no signal. */
export function findOtherSignalListeners(signals: readonly NodeJS.Signals[]): OtherListener[] {
  // asks for the thread last: in the package that loads a module of Node
  return signals.length > 0 && isMainThread ? find(signals, KNOWN_OF_SIGNALS, REMEDY_FOR_SIGNALS) : []
}

function find(
  events: readonly OtherListener['event'][],
  known: readonly KnownListener[],
  remedyForOthers: string,
): OtherListener[] {
  const others: OtherListener[] = []
  for (const event of events) {
    for (const listener of process.listeners(event as 'exit') as (() => void)[]) {
      if (isOurs(listener) || named.has(listener)) continue
      named.add(listener)
      const source = Function.prototype.toString.call(listener)
      if (TEST_RUNNER.test(source)) continue
      const name = typeof listener.name === 'string' ? listener.name : ''
      const match = known.find((one) => matches(one, listener, name, source))
      others.push({
        event,
        listener: name === '' ? 'anonymous' : name,
        packageName: match?.packageName,
        remedy: match?.remedy ?? remedyForOthers,
      })
    }
  }
  return others
}

function matches(known: KnownListener, listener: () => void, name: string, source: string): boolean {
  if (known.name !== undefined && known.name !== name) return false
  if (known.mark !== undefined && !known.mark.test(source)) return false
  return known.property === undefined || readProperty(listener, known.property) === true
}

/** One line for the log. */
export function otherListenerLine(other: OtherListener): string {
  const packageName = other.packageName === undefined ? '' : ` of ${other.packageName}`
  return `another listener on process '${other.event}', ${other.listener}${packageName}: ${other.remedy}`
}
