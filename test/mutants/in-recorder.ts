import type { Mutant } from './mutant.ts'

/** Faults in `src/recorder` and `src/flight`. */
export const inRecorder: readonly Mutant[] = [
  {
    name: 'requests-are-written-by-the-thread-alone',
    file: 'recorder/recorded-requests.ts',
    find: 'this.#file.mark(this.#bytes, number)',
    replace: '',
    tests: ['recorder/deaths'],
  },
  {
    name: 'busy-route-uses-up-the-marks-of-the-rare-ones',
    file: 'recorder/recorded-requests.ts',
    find: '|| (left < RESERVE && silence < RARE)',
    replace: '',
    tests: ['recorder/recorded-requests'],
  },
  {
    name: 'file-of-a-process-that-lives-is-taken-away',
    file: 'flight/is-gone.ts',
    find: 'if (pid === itself.pid) return header.startedAt !== itself.startedAt',
    replace: 'if (pid === itself.pid) return true',
    tests: ['recorder/past-lives'],
  },
  {
    name: 'life-without-rates-counts',
    file: 'flight/past-lives.ts',
    find: 'Math.ceil(observed / SAMPLE_TIME)',
    replace: 'flight.vitals?.copies ?? 0',
    tests: ['recorder/past-lives'],
  },
  {
    name: 'nothing-is-learned-while-nobody-asks',
    file: 'recorder/copier.ts',
    find: 'this.#endInterval(now)\n      this.#rates',
    replace: 'this.#rates',
    tests: ['recorder/past-lives'],
  },
  {
    name: 'files-of-other-hosts-pile-up',
    file: 'flight/past-lives.ts',
    find: ' || (newer >= MOST_FOREIGN && age > ABANDONED)',
    replace: '',
    tests: ['recorder/past-lives'],
  },
  {
    name: 'night-counts-as-much-as-day',
    file: 'flight/recent-time.ts',
    find: 'RATE_HALF_LIFE: number = 10 * 60_000',
    replace: 'RATE_HALF_LIFE: number = 10 * 60_000_000',
    tests: ['recorder/rate-book'],
  },
  {
    name: 'half-that-was-cut-is-read',
    file: 'flight/two-halves.ts',
    find: 'if (half.readUInt32LE(8 + length) !== number) continue',
    replace: '',
    tests: ['recorder/rate-book'],
  },
  {
    name: 'signal-without-a-listener-does-not-end-the-process',
    file: 'recorder/process-end.ts',
    find: 'if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)',
    replace: '',
    tests: ['recorder/deaths'],
  },
  {
    name: 'recorder-that-fails-warns-twice',
    file: 'flight/flight-file.ts',
    find: 'if (this.#hasFailed) return\n    this.#hasFailed = true',
    replace: 'this.#hasFailed = false',
    tests: ['recorder/edges'],
  },
]
