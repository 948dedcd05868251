import type { Mutant } from './mutant.ts'

/** Faults in `src/drain`. */
export const inDrain: readonly Mutant[] = [
  {
    name: 'ready-while-leaving',
    file: 'drain/readiness.ts',
    find: "if (current === 'leaving') reply.code(503)",
    replace: "if (current === 'leaving') reply.code(200)",
    tests: ['leave/drain-delay'],
    only: 'drainDelay: goes on serving while readiness says no; a fatal fault skips it',
  },
  {
    name: 'large-answer-cut-by-the-drain',
    file: 'drain/connections.ts',
    find: '    for (const socket of spared) socket.destroy = () => socket\n',
    replace: '',
    tests: ['leave/order'],
    only: 'a large body that is still being sent arrives whole',
  },
  {
    name: 'owed-one-request-but-given-many',
    file: 'drain/awaited-requests.ts',
    find: 'this.#sockets.delete(request.socket)',
    replace: 'this.#sockets.has(request.socket)',
    tests: ['drain/awaited-requests'],
    only: 'a second request of such a connection is not begun, for its answer could not be sent',
  },
  {
    name: 'http2-streams-cut-by-the-drain',
    file: 'drain/drain.ts',
    find: '        !this.#connections.hasSessions &&\n',
    replace: '',
    tests: ['drain/protocols'],
    only: 'HTTP/2: the stream of a route that opted out finishes too',
  },
  {
    name: 'closed-app-leaves-by-defaults',
    file: 'drain/app.ts',
    find: "      addApp(drained)\n      void leave('fatal'",
    replace: "      void leave('fatal'",
    tests: ['leave/faults'],
    only: 'a fatal fault of an app that has closed leaves by its options, with its log and its report',
  },
  {
    name: 'refusal-says-not-when-to-retry',
    file: 'drain/refuse.ts',
    find: "  'retry-after': RETRY_AFTER,\n",
    replace: '',
    tests: ['drain/connections'],
  },
  {
    name: 'rival-on-a-signal-not-named',
    file: 'drain/app.ts',
    find: 'findOtherSignalListeners(signals)',
    replace: 'findOtherSignalListeners([])',
    tests: ['uncaught/other-listeners'],
  },
]
