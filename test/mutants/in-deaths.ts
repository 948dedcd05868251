import type { Mutant } from './mutant.ts'

/** Faults in `src/deaths`. */
export const inDeaths: readonly Mutant[] = [
  {
    name: 'state-written-without-a-lock',
    file: 'deaths/lock-file.ts',
    find: "if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false",
    replace: "if ((error as NodeJS.ErrnoException).code === 'EEXIST') return true",
    tests: ['deaths/state-file'],
  },
  {
    name: 'lock-that-cannot-be-removed-is-waited-for-always',
    file: 'deaths/lock-file.ts',
    find: 'if (performance.now() > giveUpAt) throw',
    replace: 'if (performance.now() > giveUpAt && !this.#isStale()) throw',
    tests: ['deaths/state-file'],
    only: 'a lock that nobody can remove holds a process up for seconds, and not for ever',
  },
  {
    name: 'state-written-after-its-lock-was-lost',
    file: 'deaths/state-file.ts',
    find: '(): boolean => this.#lock.isHeld()',
    replace: '(): boolean => true',
    tests: ['deaths/state-file'],
    only: 'a process that lost its lock while it slept writes again, on top of what the others wrote',
  },
  {
    name: 'state-that-root-has-changed-is-of-root',
    file: 'deaths/state-file.ts',
    find: 'mayReplace, this.#owner())',
    replace: 'mayReplace)',
    tests: ['deaths/state-file'],
    only: 'what root changes belongs to the owner of the folder',
  },
  {
    name: 'state-with-a-text-for-a-number',
    file: 'deaths/json-form.ts',
    find: "typeof value === 'number' && Math.abs(value) <= LATEST",
    replace: 'value !== undefined',
    tests: ['deaths/state-file'],
    only: 'a state that cannot be read is empty, which is said once, and is replaced',
  },
]
