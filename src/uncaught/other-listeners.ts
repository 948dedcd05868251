import { isOurs } from './listener.ts'

/** A listener on `uncaughtException` or `unhandledRejection` that is not of this package. */
export interface OtherListener {
  readonly event: 'uncaughtException' | 'unhandledRejection'
  /** The function's name, or `anonymous`. */
  readonly listener: string
  /** The package that it probably comes from, undefined where it is not known. */
  readonly packageName: string | undefined
  /** What to do about it. */
  readonly remedy: string
}

interface KnownListener {
  readonly packageName: string
  readonly name: string
  /** Matches the source of this listener, but not that of another function with the same name. */
  readonly mark?: RegExp
  readonly remedy: string
}

/** Known listeners by name and source, as these packages ship them: `docs/escapes.md` lists the versions. */
const KNOWN: readonly KnownListener[] = [
  {
    packageName: 'close-with-grace (fastify-cli start)',
    name: 'onError',
    mark: /run\(\{\s*err\s*\}\)/,
    remedy:
      "it exits with 1 at the first escaped error: pass skip: ['uncaughtException', 'unhandledRejection'] to " +
      'close-with-grace, or start the app with node instead of fastify-cli',
  },
  {
    packageName: 'Watt (@platformatic/runtime)',
    name: 'bound handleUnhandled',
    remedy: 'it stops the app at the first escaped error: set exitOnUnhandledErrors to false in watt.json',
  },
  {
    packageName: 'PM2 (cluster mode)',
    name: 'uncaughtListener',
    remedy:
      'it logs each error a second time, and ends the process only where it is the only listener: ' +
      'nothing to do while escapes are on',
  },
  {
    packageName: 'Sentry',
    name: 'errorHandler',
    mark: /caughtFirstError|onFatalError/,
    remedy:
      'it reports the first uncaught exception of a process only: report from the option onFault, and leave ' +
      'exitEvenIfOtherHandlersAreRegistered false',
  },
  {
    packageName: 'Sentry',
    name: 'sendUnhandledPromise',
    remedy:
      "leave its mode at 'warn' or set it to 'none': with 'strict' it exits; report from the option onFault",
  },
]

/** Matches the listeners of `node:test`, which only fail the running test. */
const TEST_RUNNER = /\brootTest\b/

const REMEDY_FOR_UNKNOWN =
  'if it ends the process, no request survives an escaped error: remove it, or let it report only; ' +
  'the option onFault sees every error'

/** The listeners that were returned before: each is logged once, whatever the number of apps. */
const named = new WeakSet<object>()

/**
 * Returns the other listeners on `uncaughtException` and `unhandledRejection` that were not returned before. Call
 * it when the app is ready: packages add their listeners during the start.
 */
export function findOtherListeners(): OtherListener[] {
  const others: OtherListener[] = []
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    for (const listener of process.listeners(event as 'exit') as (() => void)[]) {
      if (isOurs(listener) || named.has(listener)) continue
      named.add(listener)
      if (TEST_RUNNER.test(Function.prototype.toString.call(listener))) continue
      others.push(describe(event, listener))
    }
  }
  return others
}

/** One line for the log. */
export function otherListenerLine(other: OtherListener): string {
  const packageName = other.packageName === undefined ? '' : ` of ${other.packageName}`
  return `another listener on process '${other.event}', ${other.listener}${packageName}: ${other.remedy}`
}

function describe(event: OtherListener['event'], listener: () => void): OtherListener {
  const name = typeof listener.name === 'string' ? listener.name : ''
  const source = Function.prototype.toString.call(listener)
  const one = KNOWN.find((one) => one.name === name && (one.mark === undefined || one.mark.test(source)))
  return {
    event,
    listener: name === '' ? 'anonymous' : name,
    packageName: one?.packageName,
    remedy: one?.remedy ?? REMEDY_FOR_UNKNOWN,
  }
}
