import type { Mutant } from './mutant.ts'

/** Faults in `src/triage`. */
export const inTriage: readonly Mutant[] = [
  {
    name: 'convention-expects-500',
    file: 'triage/expected.ts',
    find: '(status as number) >= 400 && (status as number) <= 499',
    replace: '(status as number) >= 400 && (status as number) <= 599',
    tests: ['triage/expected-rules'],
  },
  {
    name: 'error-sent-and-thrown-is-logged-twice',
    file: 'triage/triage.ts',
    find: 'if (context.wasTriaged(error)) return',
    replace: '',
    tests: ['guards/hooks'],
  },
  {
    name: 'rejected-validator-is-the-clients-fault',
    file: 'triage/watch-validator.ts',
    find: '  if (isThenable(result)) result.then(undefined, rememberRejected)\n',
    replace: '',
    tests: ['triage/fastify-status'],
    only: 'a bug in an asynchronous validator is a fault, though Fastify puts a 400 on it',
  },
]
