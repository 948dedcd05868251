import type { Mutant } from './mutant.ts'

/** Faults in `src/log`. */
export const inLog: readonly Mutant[] = [
  {
    name: 'pool-that-dies-is-a-line-a-connection',
    file: 'log/rate-limit.ts',
    find: 'Math.min(this.#burst, UNOWNED_BURST)',
    replace: 'this.#burst',
    tests: ['log/rate-limit'],
  },
  {
    name: 'storm-logs-one-too-few',
    file: 'log/rate-limit.ts',
    find: 'if (entry.logged < burst) {',
    replace: 'if (entry.logged + 1 < burst) {',
    tests: ['log/rate-limit'],
  },
  {
    name: 'storm-hides-a-single-fault',
    file: 'log/rate-limit.ts',
    find: 'if (heldBack > 0) this.#report(',
    replace: 'if (heldBack > 1) this.#report(',
    tests: ['log/rate-limit'],
  },
  {
    name: 'listener-of-faults-may-throw',
    file: 'log/on-fault.ts',
    find: 'callListener(onFault, () => onFault(message.fault), onFailure)',
    replace: 'onFault(message.fault)',
    tests: ['isolation/verdict'],
  },
  {
    name: 'own-serializer-of-requests-ignored',
    file: 'log/request-line.ts',
    find: 'if (serialize === undefined) return line',
    replace: 'if (serialize !== null) return line',
    tests: ['log/log'],
  },
  {
    name: 'fatal-line-of-a-silent-app-is-lost',
    file: 'log/log.ts',
    find: "        if (level === 'fatal' || about.isUnheard) stderrLogger()[level](line, message)\n",
    replace: '',
    tests: ['log/log'],
  },
  {
    name: 'guessed-request-is-said-to-have-failed',
    file: 'log/describe-fault.ts',
    find: "if (attributedTo === 'call') {",
    replace: 'if (Number(1) === 1) {',
    tests: ['escapes/client-connection'],
    only: 'the request had ended',
  },
  {
    name: 'finished-request-looks-unfinished',
    file: 'log/log.ts',
    find: 'line.req.finished = true',
    replace: 'line.req.finished = undefined',
    tests: ['escapes/client-connection'],
    only: 'the request had ended',
  },
]
