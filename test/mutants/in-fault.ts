import type { Mutant } from './mutant.ts'

/** Faults in `src/fault`. */
export const inFault: readonly Mutant[] = [
  {
    name: 'throw-in-a-job-replaces-the-process',
    file: 'fault/verdict.ts',
    find: "origin === 'exception' && job === undefined",
    replace: "origin === 'exception'",
    tests: ['fault/verdict'],
  },
  {
    name: 'cause-of-an-error-not-searched',
    file: 'fault/chain.ts',
    find: 'enqueue(seen, readCause(current))',
    replace: 'enqueue(seen, undefined)',
    tests: ['fault/verdict'],
  },
  {
    name: 'fatal-error-of-another-copy-unknown',
    file: 'fault/is-fatal-error.ts',
    find: "Symbol.for('fastify-isolate.FatalError')",
    replace: "Symbol('fastify-isolate.FatalError')",
    tests: ['fault/verdict'],
  },
  {
    name: 'escape-of-nobody-is-contained',
    file: 'fault/verdict.ts',
    find: 'if (belongsToNobody || mayUnwindOthers',
    replace: 'if (mayUnwindOthers',
    tests: ['fault/verdict'],
  },
  {
    name: 'escape-of-nobody-ends-the-process',
    file: 'fault/verdict.ts',
    find: 'if (belongsToNobody && !hasServed)',
    replace: 'if (belongsToNobody)',
    tests: ['escapes/without-request'],
    only: 'a timer that throws outside of any request ends nobody',
  },
  {
    name: 'lost-memory-is-no-exhaustion',
    file: 'fault/verdict.ts',
    find: 'someInChain(error, isExhaustion)) return',
    replace: 'isExhaustion(error)) return',
    tests: ['fault/verdict'],
  },
  {
    name: 'frequent-bug-makes-room-for-a-new-one',
    file: 'fault/ledger.ts',
    find: 'if (entry.count < count) {',
    replace: 'if (rarest === undefined || entry.count > count) {',
    tests: ['fault/ledger'],
  },
  {
    name: 'error-thrown-again-is-its-first-fault',
    file: 'fault/error-marks.ts',
    find: 'if (#value in error) (error as ErrorMark).#value = value',
    replace: 'if (#value in error) return',
    tests: ['fault/error-marks'],
  },
  {
    name: 'fingerprint-read-anew-each-time',
    file: 'fault/new-fault.ts',
    find: 'fault.#fingerprint ??= ',
    replace: 'fault.#fingerprint = ',
    tests: ['fault/new-fault'],
  },
  {
    name: 'fingerprint-is-not-copied-with-the-fault',
    file: 'fault/new-fault.ts',
    find: 'enumerable: true,',
    replace: 'enumerable: false,',
    tests: ['fault/new-fault'],
  },
  {
    name: 'fingerprint-changes-with-every-line',
    file: 'fault/fingerprint.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source code
    find: "${NAMELESS.has(name) ? `:${frame.line}` : ''}",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source code
    replace: ':${frame.line}',
    tests: ['fault/fingerprint'],
  },
  {
    name: 'secrets-on-an-error-are-logged',
    file: 'fault/serialize.ts',
    find: '    message: messageOf(error),\n    stack: boundedStack(error),',
    replace: '    ...(error as object),\n    message: messageOf(error),\n    stack: boundedStack(error),',
    tests: ['fault/serialize'],
  },
  {
    name: 'status-of-an-http-client-counts',
    file: 'fault/http-error.ts',
    find: "const own = ownProperty(error, 'statusCode')",
    replace: "const own = ownProperty(error, 'statusCode') ?? ownProperty(error, 'status')",
    tests: ['answer/head'],
  },
  {
    name: 'error-inside-a-thrown-object-shown-whole',
    file: 'inspect-bounded.ts',
    find: "return typeof text === 'string' && text.length > MAX_STACK",
    replace: 'return false',
    tests: ['fault/thrown'],
  },
  {
    name: 'length-of-a-proxy-converted',
    file: 'fault/thrown.ts',
    find: "return typeof length === 'number' && length > 0 ? length : 0",
    replace: 'return Number(length)',
    tests: ['fault/verdict', 'fault/thrown'],
  },
  {
    name: 'remembered-trace-holds-the-whole-stack',
    file: 'start-of.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source code
    find: 'return ` ${text}`.slice(1)',
    replace: 'return text',
    tests: ['bounds/memory'],
  },
  {
    name: 'whole-message-searched-for-ids',
    file: 'fault/fingerprint.ts',
    find: 'const MAX_LIKENESS_READ = 128',
    replace: 'const MAX_LIKENESS_READ = 1e9',
    tests: ['bounds/time'],
  },
]
