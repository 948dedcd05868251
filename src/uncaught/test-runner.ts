import type { UncaughtEvent } from './node-default.ts'

/** The variables that Vitest, Jest and `node --test` set in a process that runs tests. */
const VARIABLES = ['VITEST', 'JEST_WORKER_ID', 'NODE_TEST_CONTEXT']

/**
 * Whether a test runner owns this process: it has set its variable, and somebody else than us listens. A server that a
 * test starts in a process of its own inherits the variable alone.
 *
 * @param isOurs Tells our listeners from others.
 */
export function hasTestRunner(event: UncaughtEvent, isOurs: (listener: unknown) => boolean): boolean {
  return hasTestVariable() && process.listeners(event as 'exit').some((listener) => !isOurs(listener))
}

/** Whether a test runner has set its variable, in this process or in one that started it. */
export function hasTestVariable(): boolean {
  return VARIABLES.some((name) => process.env[name] !== undefined)
}

/**
 * Hands an error to Vitest. It was called as every listener was, but it does nothing where it is not the only one, so
 * it gets the event once more without us. Other test runners have failed the test already.
 *
 * @param ours Removes our listeners and adds them again.
 */
export function tellTestRunner(
  { error, promise }: { readonly error: unknown; readonly promise: Promise<unknown> | undefined },
  event: UncaughtEvent,
  ours: { stopListening(): void; listen(): void },
): void {
  if (process.env.VITEST === undefined) return
  ours.stopListening()
  try {
    ;(process as NodeJS.EventEmitter).emit(event, error, promise ?? event)
  } finally {
    ours.listen()
  }
}
