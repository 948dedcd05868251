import type { Mutant } from './mutant.ts'

/** Faults in `src/runaway`. */
export const inRunaway: readonly Mutant[] = [
  {
    name: 'one-of-a-herd-is-ended',
    file: 'runaway/interrupt.ts',
    find: 'if (!isKnown) {',
    replace: 'if (isKnown === undefined) {',
    tests: ['runaway/interrupt'],
    only: 'another one than before is not ended, and the log says what blocks',
  },
  {
    name: 'garbage-collection-is-a-runaway',
    file: 'runaway/interrupt.ts',
    find: 'if (Date.now() - at > LATE && ',
    replace: 'if (Date.now() - at > Number.POSITIVE_INFINITY && ',
    tests: ['runaway/interrupt'],
    only: 'a late answer counts as one of native code, once',
  },
  {
    name: 'termination-comes-too-late',
    file: 'runaway/interrupt.ts',
    find: 'const isLate = performance.now() > end',
    replace: 'const isLate = false',
    tests: ['runaway/interrupt'],
    only: 'a termination that does not come in time is withdrawn, and nothing is done',
  },
  {
    name: 'process-with-a-third-runaway-serves-on',
    file: 'runaway/interrupt.ts',
    find: 'const isLast = strikes >= MOST_STRIKES ||',
    replace: 'const isLast =',
    tests: ['runaway/leaving'],
    only: 'the third time that a request runs away, everybody is answered and the process leaves',
  },
  {
    name: 'rest-of-the-immediates-is-lost',
    file: 'runaway/node-termination.ts',
    find: 'if (running._idlePrev === null) adoptRest(running)',
    replace: 'if (running._idlePrev === null) return',
    tests: ['runaway/growth'],
  },
  {
    name: 'place-on-the-board-of-another-is-cleared',
    file: 'runaway/in-flight-board.ts',
    find: 'if (this.#owners[slot] !== context) return',
    replace: '',
    tests: ['runaway/in-flight-board'],
  },
]
