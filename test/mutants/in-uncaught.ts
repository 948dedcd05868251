import type { Mutant } from './mutant.ts'

/** Faults in `src/uncaught`. */
export const inUncaught: readonly Mutant[] = [
  {
    name: 'listeners-stay-removed',
    file: 'uncaught/listener.ts',
    find: '    queueMicrotask(() => attempt(listen, undefined))\n',
    replace: '',
    tests: ['uncaught/listener'],
    only: 'listeners that somebody removes are put back with a warning, unless that somebody throws at once',
  },
  {
    name: 'spins-in-a-loop-of-ticks',
    file: 'uncaught/listener.ts',
    find: '    if (answers.includes(true)) process.exit()\n',
    replace: '',
    tests: ['escapes/tick-loop'],
  },
  {
    name: 'escape-of-a-route-that-opted-out-is-fatal',
    file: 'uncaught/listener.ts',
    find: "if (takes !== 'unknown') return takes",
    replace: "if (takes === 'taken') return takes",
    tests: ['uncaught/listener'],
  },
  {
    name: 'handler-that-throws-ends-the-process',
    file: 'uncaught/listener.ts',
    find: "const takes = attempt(() => handler.takeOwn(escaped), 'unknown')",
    replace: 'const takes = handler.takeOwn(escaped)',
    tests: ['uncaught/listener'],
  },
  {
    name: 'listeners-stay-after-the-last-app',
    file: 'uncaught/listener.ts',
    find: '  listener.stopListening()\n',
    replace: '',
    tests: ['uncaught/listener'],
  },
  {
    name: 'error-is-taken-from-other-listeners',
    file: 'uncaught/node-default.ts',
    find: "  if (process.listeners(event as 'exit').some((listener) => !isOurs(listener))) return\n",
    replace: '',
    tests: ['uncaught/listener'],
  },
  {
    name: 'error-of-a-test-is-taken-from-the-test-runner',
    file: 'uncaught/listener.ts',
    find: "  if (isTested) return 'unknown'\n",
    replace: '',
    tests: ['uncaught/listener'],
  },
  {
    name: 'vitest-takes-an-error-for-handled',
    file: 'uncaught/test-runner.ts',
    find: '  ours.stopListening()\n',
    replace: '',
    tests: ['uncaught/listener'],
  },
  {
    name: 'server-that-a-test-starts-has-a-test-runner',
    file: 'uncaught/test-runner.ts',
    find: " && process.listeners(event as 'exit').some((listener) => !isOurs(listener))",
    replace: '',
    tests: ['uncaught/listener'],
  },
  {
    name: 'rival-is-named-by-every-app',
    file: 'uncaught/other-listeners.ts',
    find: '      named.add(listener)\n',
    replace: '',
    tests: ['uncaught/other-listeners'],
  },
  {
    name: 'escape-on-the-way-out-is-logged-twice',
    file: 'uncaught/while-leaving.ts',
    find: 'if (!isAgain) this.#onEscape(error)',
    replace: 'this.#onEscape(error)',
    tests: ['leave/faults'],
    only: 'an escape on the way out is logged once and shortens nothing: /bare-escape',
  },
]
