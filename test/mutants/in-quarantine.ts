import type { Mutant } from './mutant.ts'

/** Faults in `src/quarantine`. */
export const inQuarantine: readonly Mutant[] = [
  {
    name: 'two-on-trial',
    file: 'quarantine/gate.ts',
    find: 'this.#trial === undefined && ',
    replace: '',
    tests: ['quarantine/gate'],
  },
  {
    name: 'trial-for-ever',
    file: 'quarantine/gate.ts',
    find: 'PATIENCE = 60_000',
    replace: 'PATIENCE = 300_000',
    tests: ['quarantine/gate'],
  },
  {
    name: 'trial-good-at-once',
    file: 'quarantine/gate.ts',
    find: 'SURVIVAL = 1_000',
    replace: 'SURVIVAL = 0',
    tests: ['quarantine/gate'],
  },
  {
    name: 'trial-taken-from-another',
    file: 'quarantine/gate.ts',
    find: ' && (state.trial?.until ?? 0) < now',
    replace: '',
    tests: ['quarantine/gate'],
  },
  {
    name: 'closed-for-a-third',
    file: 'quarantine/quarantine.ts',
    find: 'MOST_CLOSED = 0.25',
    replace: 'MOST_CLOSED = 0.34',
    tests: ['quarantine/gate'],
  },
  {
    name: 'exempt-closed',
    file: 'quarantine/quarantine.ts',
    find: 'every(({ quarantine }) => quarantine) === true',
    replace: 'length !== undefined',
    tests: ['quarantine/gate'],
  },
  {
    name: 'lost-trial-forgotten',
    file: 'quarantine/quarantine.ts',
    find: '...this.#lostTrials(now)',
    replace: '',
    tests: ['quarantine/gate'],
  },
  {
    name: 'same-time-after-a-relapse',
    file: 'quarantine/transitions.ts',
    find: 'before.relapses + 1',
    replace: 'before.relapses',
    tests: ['quarantine/judge'],
  },
  {
    name: 'others-blamed-for-explained-deaths',
    file: 'quarantine/judge.ts',
    find: 'death.culprit ?? culprits.get(death.id)',
    replace: 'death.culprit',
    tests: ['quarantine/judge'],
  },
  {
    name: 'death-on-trial-is-no-relapse',
    file: 'quarantine/judge.ts',
    find: '[...relapses, ...sentences]',
    replace: 'sentences',
    tests: ['quarantine/judge'],
  },
  {
    name: 'change-of-another-overwritten',
    file: 'quarantine/local-store.ts',
    find: '=== from\n',
    replace: '=== from || true\n',
    tests: ['quarantine/local-store'],
  },
  {
    name: 'boot-waits-for-the-store',
    file: 'quarantine/combined-store.ts',
    find: 'Promise.race([call(remote), late])',
    replace: 'call(remote)',
    tests: ['quarantine/gate'],
  },
]
