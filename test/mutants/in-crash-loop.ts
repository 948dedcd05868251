import type { Mutant } from './mutant.ts'

/** Faults in `src/crash-loop`. */
export const inCrashLoop: readonly Mutant[] = [
  {
    name: 'loop-counts-starts-that-served',
    file: 'crash-loop/series.ts',
    find: ' || !isEarly',
    replace: '',
    tests: ['crash-loop/series'],
  },
  {
    name: 'loop-counts-what-a-request-ended',
    file: 'crash-loop/series.ts',
    find: ' || life.culprit !== undefined',
    replace: '',
    tests: ['crash-loop/series'],
  },
  {
    name: 'loop-counts-every-worker',
    file: 'crash-loop/series.ts',
    find: 'if (endedAt > nextAt) continue',
    replace: 'if (endedAt > now) continue',
    tests: ['crash-loop/series'],
  },
  {
    name: 'loop-given-up-for-ever',
    file: 'crash-loop/crash-loop.ts',
    find: 'if (series.gaveUpLast) return',
    replace: 'if (series.deaths.length === 0) return',
    tests: ['crash-loop/crash-loop'],
    only: 'an app that dies at boot is given up at its fifth start, and tried again at the next',
  },
  {
    name: 'parked-app-says-when-it-is-not-back',
    file: 'crash-loop/parked-server.ts',
    find: "if (!isAlive) response.setHeader('retry-after', String(this.#secondsLeft()))",
    replace: '',
    tests: ['crash-loop/crash-loop'],
    only: 'a parked app answers 503 where it listened, and says why; a signal ends it in order',
  },
]
