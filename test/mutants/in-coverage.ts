import type { Mutant } from './mutant.ts'

/** Faults in `src/coverage`. */
export const inCoverage: readonly Mutant[] = [
  {
    name: 'front-door-tells-nobody',
    file: 'coverage/before-routing.ts',
    find: '      triage.recordDropped(context, error)\n',
    replace: '',
    tests: ['coverage/before-routing'],
  },
  {
    name: 'uncovered-route-boots',
    file: 'coverage/cover-app.ts',
    find: '    if (uncovered.length > 0) throw uncoveredError(uncovered)\n',
    replace: '',
    tests: ['coverage/order'],
  },
  {
    name: 'hook-before-the-plugin-has-no-request',
    file: 'coverage/cover-app.ts',
    find: '.unshift(this.#enter)',
    replace: '.push(this.#enter)',
    tests: ['coverage/order'],
  },
  {
    name: 'route-outside-cannot-opt-out',
    file: 'coverage/uncovered.ts',
    find: "    ownProperty(context.config, 'isolate') === false ||\n",
    replace: '',
    tests: ['coverage/order'],
  },
]
