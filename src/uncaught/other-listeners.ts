import { isGuards } from './listener.ts'

/** A listener of somebody else on the events by which an error reaches the process. */
export interface Rival {
  readonly event: 'uncaughtException' | 'unhandledRejection'
  /** The function's name, or `anonymous`. */
  readonly listener: string
  /** Whose it probably is, undefined where nothing gives it away. */
  readonly owner: string | undefined
  /** What to do about it. */
  readonly remedy: string
}

interface Acquaintance {
  readonly owner: string
  readonly name: string
  /** Something in its source that tells it from a namesake. */
  readonly mark?: RegExp
  readonly remedy: string
}

/** By the function's name and source, as these packages ship them: `docs/escapes.md` lists the versions. */
const known: readonly Acquaintance[] = [
  {
    owner: 'close-with-grace (fastify-cli start)',
    name: 'onError',
    mark: /run\(\{\s*err\s*\}\)/,
    remedy:
      "it exits with 1 at the first escaped error: pass skip: ['uncaughtException', 'unhandledRejection'] to " +
      'close-with-grace, or start the app with node instead of fastify-cli',
  },
  {
    owner: 'Watt (@platformatic/runtime)',
    name: 'bound handleUnhandled',
    remedy: 'it stops the app at the first escaped error: set exitOnUnhandledErrors to false in watt.json',
  },
  {
    owner: 'PM2 (cluster mode)',
    name: 'uncaughtListener',
    remedy:
      'it logs each error a second time, and ends the process only where it is the only listener: ' +
      'nothing to do while escapes are on',
  },
  {
    owner: 'Sentry',
    name: 'errorHandler',
    mark: /caughtFirstError|onFatalError/,
    remedy:
      'it reports the first uncaught exception of a process only: report from the option onFault, and leave ' +
      'exitEvenIfOtherHandlersAreRegistered false',
  },
  {
    owner: 'Sentry',
    name: 'sendUnhandledPromise',
    remedy:
      "leave its mode at 'warn' or set it to 'none': with 'strict' it exits; report from the option onFault",
  },
]

/** `node:test` listens too while it runs; it fails the running test and ends nothing. */
const testRunner = /\brootTest\b/

const stranger =
  'if it ends the process, no request survives an escaped error: remove it, or let it report only; ' +
  'the option onFault sees every error'

/** The listeners already named in this process, so that each is named once whatever the number of apps. */
const named = new WeakSet<object>()

/**
 * Finds the listeners of others on `uncaughtException` and `unhandledRejection` that were not named before.
 * Call it when the app is ready: whoever adds a listener does so while starting.
 */
export function findRivals(): Rival[] {
  const rivals: Rival[] = []
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    for (const listener of process.listeners(event as 'exit') as (() => void)[]) {
      if (isGuards(listener) || named.has(listener)) continue
      named.add(listener)
      if (testRunner.test(Function.prototype.toString.call(listener))) continue
      rivals.push(describe(event, listener))
    }
  }
  return rivals
}

/** One line for the log. */
export function nameRival(rival: Rival): string {
  const owner = rival.owner === undefined ? '' : ` of ${rival.owner}`
  return `another listener on process '${rival.event}', ${rival.listener}${owner}: ${rival.remedy}`
}

function describe(event: Rival['event'], listener: () => void): Rival {
  const name = typeof listener.name === 'string' ? listener.name : ''
  const source = Function.prototype.toString.call(listener)
  const one = known.find((one) => one.name === name && (one.mark === undefined || one.mark.test(source)))
  return {
    event,
    listener: name === '' ? 'anonymous' : name,
    owner: one?.owner,
    remedy: one?.remedy ?? stranger,
  }
}
