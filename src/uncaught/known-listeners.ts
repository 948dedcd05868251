/** A listener that another package adds to an event of the process. */
export interface KnownListener {
  readonly packageName: string
  /** The function's name. */
  readonly name?: string
  /** Matches its source, but not that of another function with the same name. */
  readonly mark?: RegExp
  /** A property that is true on it. */
  readonly property?: string
  /** What to do about it. */
  readonly remedy: string
}

/** Listeners on `uncaughtException` and `unhandledRejection`: `docs/escapes.md` lists the versions. */
export const KNOWN_OF_ERRORS: readonly KnownListener[] = [
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
    property: '_errorHandler',
    remedy:
      'it reports the first uncaught exception of a process only: leave the integration OnUncaughtException out and ' +
      'report from the option onFault, or keep it as onUncaughtExceptionIntegration({ ' +
      'exitEvenIfOtherHandlersAreRegistered: false }), for with true it exits',
  },
  {
    packageName: 'Sentry',
    name: 'sendUnhandledPromise',
    remedy:
      "leave its mode at 'warn' or set it to 'none': with 'strict' it exits; report from the option onFault",
  },
]

/** Listeners on signals: `docs/concepts.md` lists the versions. */
export const KNOWN_OF_SIGNALS: readonly KnownListener[] = [
  {
    packageName: 'Nest (enableShutdownHooks)',
    name: 'cleanup',
    mark: /\bNestApplicationContext\b/,
    remedy:
      'it closes the app at once, whatever leave.drainDelay and leave.deadline say: leave enableShutdownHooks() out, ' +
      'and close Nest from the option leave.onLeave, which runs its hooks',
  },
  {
    packageName: 'close-with-grace (fastify-cli start)',
    name: 'onSignal',
    mark: /run\(\{\s*signal\s*\}\)/,
    remedy:
      'it closes the app at once, and ends the process, whatever leave.drainDelay and leave.deadline say: add the ' +
      'signal to its option skip, start the app with node instead of fastify-cli, or take it out of leave.signals',
  },
]
