import type { Mutant } from './mutant.ts'

/** Faults in `src/request`. */
export const inRequest: readonly Mutant[] = [
  {
    name: 'client-that-left-is-a-fault',
    file: 'request/client-abort.ts',
    find: "return isAbort(error) || (request !== undefined && error === request.raw.errored) ? 'client' : undefined",
    replace: "return request !== undefined && error === request.raw.errored ? 'client' : undefined",
    tests: ['guards/streams'],
  },
  {
    name: 'upstream-that-hung-up-is-no-fault',
    file: 'request/client-abort.ts',
    find: '  if (!isGone) return undefined\n',
    replace: '',
    tests: ['guards/streams'],
  },
  {
    name: 'forced-answer-makes-a-second-fault',
    file: 'request/client-abort.ts',
    find: 'context.ended !== undefined || ',
    replace: '',
    tests: ['triage/ended-early'],
  },
  {
    name: 'http2-client-that-left-has-its-answer',
    file: 'request/context.ts',
    find: ' || request.raw.aborted === true',
    replace: '',
    tests: ['escapes/outcome'],
  },
  {
    name: 'forced-answer-aborts-nothing',
    file: 'request/context.ts',
    find: '    this.ended = by\n    this.#abort()\n',
    replace: '    this.ended = by\n',
    tests: ['request/signal'],
  },
  {
    name: 'client-that-left-aborts-nothing',
    file: 'request/context.ts',
    find: '    if (this.isCutShort) this.#abort()\n',
    replace: '',
    tests: ['request/signal'],
    only: 'is aborted where the client left, which is one line at info',
  },
  {
    name: 'error-of-an-http2-response-is-lost',
    file: 'request/destroyed-with.ts',
    find: ' ?? stream?.errored',
    replace: '',
    tests: ['triage/ended-early'],
  },
  {
    name: 'finished-request-is-held',
    file: 'request/context.ts',
    find: '    this.request = undefined\n    this.reply = undefined\n',
    replace: '',
    tests: ['isolation/verdict'],
  },
  {
    name: 'listener-on-a-connection-has-no-request',
    file: 'request/async-context.ts',
    find: '  if (connection) attach(context, connection)\n',
    replace: '',
    tests: ['escapes/find-request'],
    only: 'a listener on a connection belongs to the last request of the connection',
  },
  {
    name: 'timer-leads-a-comparison-to-the-app',
    file: 'request/context.ts',
    find: 'new StoredContext(this)',
    replace: 'Object.assign(new StoredContext(this), { of: this })',
    tests: ['request/compared'],
  },
]
