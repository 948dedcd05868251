import type { Mutant } from './mutant.ts'

/** Faults in `src/blame`. */
export const inBlame: readonly Mutant[] = [
  {
    name: 'absences-forgotten',
    file: 'blame/likelihood.ts',
    find: 'return ABSENT',
    replace: 'return 0',
    tests: ['blame/blame'],
  },
  {
    name: 'newest-counted-like-the-others',
    file: 'blame/likelihood.ts',
    find: 'return present + ofNewest(route, inFlight, rates)',
    replace: 'return present',
    tests: ['blame/blame'],
  },
  {
    name: 'blamed-beside-a-twin',
    file: 'blame/blame.ts',
    find: '> AHEAD,',
    replace: '> -AHEAD,',
    tests: ['blame/blame'],
  },
  {
    name: 'certain-counted-like-a-guess',
    file: 'blame/blame.ts',
    find: 'CERTAIN_COUNT = 1.5',
    replace: 'CERTAIN_COUNT = 1',
    tests: ['blame/blame'],
  },
  {
    name: 'innocent-since-yesterday',
    file: 'blame/blame.ts',
    find: 'score = Math.max(FLOOR, ',
    replace: 'score = Math.max(Number.NEGATIVE_INFINITY, ',
    tests: ['blame/blame'],
  },
  {
    name: 'scores-that-never-fall',
    file: 'blame/blame.ts',
    find: 'score * 0.5 ** (Math.max(0, milliseconds) / HALF_LIFE)',
    replace: 'score + 0 * milliseconds',
    tests: ['blame/blame'],
  },
  {
    name: 'blamed-for-what-is-forgiven',
    file: 'blame/blame.ts',
    find: 'diedAt > forgiven)',
    replace: 'diedAt > forgiven || true)',
    tests: ['blame/blame'],
  },
]
