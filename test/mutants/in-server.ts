import type { Mutant } from './mutant.ts'

/** Faults in `src/server`. */
export const inServer: readonly Mutant[] = [
  {
    name: 'listener-of-the-server-is-nobodys',
    file: 'server/listeners.ts',
    find: '    for (const name of SERVER_EVENTS.keys()) this.#guardAll(server, name)\n',
    replace: '',
    tests: ['server/listeners', 'server/proxied-upgrades'],
  },
  {
    name: 'late-listener-of-the-server-is-nobodys',
    file: 'server/listeners.ts',
    find: '      process.nextTick(() => attempt(() => this.#guardAll(server, name as string), undefined))\n',
    replace: '',
    tests: ['server/listeners'],
  },
  {
    name: 'client-is-blamed-for-the-stopped-parser',
    file: 'server/listeners.ts',
    find: "      if (name === 'clientError' && followsFromException(args[0], args[1])) return\n",
    replace: '',
    tests: ['escapes/connection'],
    only: 'a body of several chunks: the 400 for the later ones never reaches the client',
  },
]
