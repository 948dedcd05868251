import type { Mutant } from './mutant.ts'

/** Faults in `src/sick`, and in what it needs of the others. */
export const inSick: readonly Mutant[] = [
  {
    name: 'sick-at-a-third',
    file: 'sick/sick-watch.ts',
    find: 'failed * 2 >= ended',
    replace: 'failed * 3 >= ended',
    tests: ['sick/sick-watch'],
  },
  {
    name: 'sick-by-a-few-requests',
    file: 'sick/sick-watch.ts',
    find: 'ended >= MIN_REQUESTS && ',
    replace: '',
    tests: ['sick/sick-watch'],
  },
  {
    name: 'deaf-though-it-answers',
    file: 'sick/sick-watch.ts',
    find: ' && answered === 0',
    replace: '',
    tests: ['sick/sick-watch'],
  },
  {
    name: 'slow-taken-for-stuck',
    file: 'sick/sick-watch.ts',
    find: 'request.route.endedIn !== this.#second && ',
    replace: '',
    tests: ['sick/sick-watch'],
  },
  {
    name: 'broken-from-the-start-taken-for-sick',
    file: 'sick/route-health.ts',
    find: 'this.isFine ||= this.#good > this.#bad',
    replace: 'this.isFine = true',
    tests: ['sick/sick-watch'],
  },
  {
    name: 'sick-however-young',
    file: 'drain/app.ts',
    find: '      if (process.uptime() * 1_000 < sickAfter) return\n',
    replace: '',
    tests: ['sick/sick'],
  },
  {
    name: 'watched-without-an-escape',
    file: 'isolated-app.ts',
    find: 'if (MAY_HARM_OTHERS.has(fault.origin)) this.leaveControl?.escaped()',
    replace: 'this.leaveControl?.escaped()',
    tests: ['sick/sick'],
  },
  {
    name: 'sick-process-names-no-fault',
    file: 'leave/leave.ts',
    find: 'details.sick === undefined ? fault : this.#recycling.fault',
    replace: 'fault',
    tests: ['sick/sick'],
  },
  {
    name: 'only-the-app-of-the-escape-is-watched',
    file: 'leave/leave.ts',
    find: 'for (const app of this.#apps) app.watchForSickness()',
    replace: 'for (const app of [...this.#apps].slice(0, 1)) app.watchForSickness()',
    tests: ['sick/sick'],
  },
  {
    name: 'sick-but-waits-for-what-is-stuck',
    file: 'drain/app.ts',
    find: 'this.isSick && isStuck(context)',
    replace: 'false',
    tests: ['sick/sick'],
  },
]
