import type { Mutant } from './mutant.ts'

/** Faults in `src/redis`. */
export const inRedis: readonly Mutant[] = [
  {
    name: 'questions-pile-up-while-redis-is-away',
    file: 'redis/redis-store.ts',
    find: '    this.#loading.set(build, loading)\n',
    replace: '',
    tests: ['redis/redis-store'],
    only: 'while Redis is away, one question for the state waits with the client, however often it is put',
  },
  {
    name: 'state-of-redis-is-never-asked-for-again',
    file: 'redis/redis-store.ts',
    find: '.finally(() => this.#loading.delete(build))',
    replace: '',
    tests: ['redis/redis-store'],
    only: 'while Redis is away, one question for the state waits with the client, however often it is put',
  },
  {
    name: 'keys-of-a-build-on-two-nodes-of-a-cluster',
    file: 'redis/redis-store.ts',
    find: '}:{$',
    replace: '}:$',
    tests: ['redis/redis-store'],
    only: 'the keys of a build are its own, and stay together in a cluster',
  },
  {
    name: 'anything-in-redis-is-a-state',
    file: 'redis/redis-store.ts',
    find: '  if (is(value)) return value as T\n',
    replace: '  if (is !== undefined) return value as T\n',
    tests: ['redis/redis-store'],
    only: 'what is no state is refused',
  },
]
