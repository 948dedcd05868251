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
]
