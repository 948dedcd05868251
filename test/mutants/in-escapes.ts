import type { Mutant } from './mutant.ts'

/** Faults in `src/escapes`. */
export const inEscapes: readonly Mutant[] = [
  {
    name: 'ping-before-the-plugin-loads-is-left-to-node',
    file: 'escapes/before-load.ts',
    find: '  addHandler(current)\n',
    replace: '',
    tests: ['leave/failed-boot'],
    only: 'a ping that is awaited after register() ends with 70, one line and a report, with a logger: yes',
  },
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
    find: '}, context.route.grace)',
    replace: '}, 0)',
    tests: ['escapes/escapes'],
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
    name: 'forced-answer-counts-as-the-apps-own',
    file: 'escapes/escapes.ts',
    find: "        context.end('forced')\n",
    replace: '',
    tests: ['escapes/outcome'],
  },
  {
    name: 'error-of-a-websocket-looks-like-its-usual-end',
    file: 'escapes/web-socket.ts',
    find: 'const INTERNAL_ERROR = 1011',
    replace: 'const INTERNAL_ERROR = 1000',
    tests: ['escapes/web-socket'],
  },
]
