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
    name: 'each-herd-is-logged',
    file: 'runaway/runaways.ts',
    find: 'const WARN_INTERVAL = 60_000',
    replace: 'const WARN_INTERVAL = 0',
    tests: ['runaway/innocent'],
    only: 'of many that block one after the other none is ended, and the log says so once',
  },
  {
    name: 'a-process-without-cpu-is-blocked',
    file: 'runaway/main-clock.ts',
    find: 'return Number(nanoseconds) / 1e6',
    replace: "return nanoseconds === '' ? undefined : performance.now()",
    tests: ['runaway/innocent'],
    only: 'with half a core, requests that each block for most of the limit are not ended',
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
    find: 'Atomics.compareExchange(words, HANDSHAKE, asked + WAITS, asked + WITHDRAWN)',
    replace: 'Atomics.load(words, HANDSHAKE)',
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
]
