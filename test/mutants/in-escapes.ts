import type { Mutant } from './mutant.ts'

/** Faults in `src/escapes`. */
export const inEscapes: readonly Mutant[] = [
  {
    name: 'newest-request-gets-every-escape',
    file: 'escapes/escapes.ts',
    find: 'found.route.escapes ? this.#take(escaped, found)',
    replace: 'found.route.escapes ? this.#take(escaped, [...this.#app.requests].at(-1) ?? found)',
    tests: ['escapes/edges'],
    only: 'a hundred requests that each let an error escape in the same tick',
  },
  {
    name: 'answer-on-its-way-is-cut',
    file: 'escapes/escapes.ts',
    find: 'if (reply === undefined || reply.raw.writableEnded) return',
    replace: 'if (reply === undefined) return',
    tests: ['escapes/grace'],
    only: 'an answer that is on its way to a slow client is never cut',
  },
  {
    name: 'grace-ignored',
    file: 'escapes/grace.ts',
    find: '}, end - performance.now())',
    replace: '}, 0)',
    tests: ['escapes/escapes'],
  },
  {
    name: 'pending-handler-gets-no-longer-grace',
    file: 'escapes/grace-length.ts',
    find: 'if (types.isPromise(awaited)) return isPending(awaited)',
    replace: 'if (types.isPromise(awaited)) return false',
    tests: ['escapes/graces'],
  },
  {
    name: 'slow-route-gets-no-longer-grace',
    file: 'request/context.ts',
    find: 'this.route.longestAnswer.add(duration, this.startedAt + duration)',
    replace: '',
    tests: ['escapes/graces'],
    only: 'the grace is lengthened by the good answers of the route alone, logger: true',
  },
  {
    name: 'first-grace-of-a-request-counts-and-not-the-shortest',
    file: 'escapes/grace.ts',
    find: 'if (end < this.#endOf(this.#next)) this.#waitFor(fault)',
    replace: 'if (this.#next === undefined) this.#waitFor(fault)',
    tests: ['escapes/graces'],
  },
  {
    name: 'rejection-handled-late-costs-the-answer',
    file: 'escapes/grace.ts',
    find: '      grace.cancel()\n',
    replace: '',
    tests: ['escapes/grace'],
    only: 'a rejection that is handled late takes back its own 500 only',
  },
  {
    name: 'error-of-a-websocket-looks-like-its-usual-end',
    file: 'escapes/web-socket.ts',
    find: 'const INTERNAL_ERROR = 1011',
    replace: 'const INTERNAL_ERROR = 1000',
    tests: ['escapes/web-socket'],
  },
]
