import type { Mutant } from './mutant.ts'

/** Faults in the files that stand in `src` itself. */
export const inApp: readonly Mutant[] = [
  {
    name: 'listener-is-told-of-what-it-reports-later',
    file: 'isolated-app.ts',
    find: 'this.#isAnnouncing || isListenerOf(this)',
    replace: 'this.#isAnnouncing',
    tests: ['log/listeners'],
    only: 'onFault that reports later: what it reports is a fault that nobody is told of',
  },
  {
    name: 'reported-error-of-another-request',
    file: 'isolated-app.ts',
    find: 'return context === undefined || fault?.request === context.snapshot() ? fault : undefined',
    replace: 'return fault',
    tests: ['isolation/report'],
  },
  {
    name: 'reported-error-that-is-thrown-is-two-faults',
    file: 'triage/triage.ts',
    find: 'if (recorded !== undefined) return recorded',
    replace: '',
    tests: ['isolation/report'],
  },
  {
    name: 'escape-of-a-listener-is-a-fault',
    file: 'listener-context.ts',
    find: '  context.onFailure(failure)\n  return true',
    replace: '  return false',
    tests: ['log/listeners'],
    only: 'a subscriber that throws from a timer: a line, and no fault but those of requests',
  },
  {
    name: 'listener-of-the-way-out-silences-the-next',
    file: 'publish.ts',
    find: '  } catch (failure) {\n    onFailure(failure, listener)\n',
    replace: '  } catch (failure) {\n    onFailure(failure, listener)\n    throw failure\n',
    tests: ['leave/told'],
    only: 'the channel tells everybody, whatever its listeners do',
  },
  {
    name: 'command-prints-the-oldest-report',
    file: 'cli.ts',
    find: 'const [newest] = listReports(folder)',
    replace: 'const newest = listReports(folder).at(-1)',
    tests: ['report/cli'],
  },
  {
    name: 'registered-on-a-child-too',
    file: 'isolate.ts',
    find: 'isolatedAppOf(instance) !== undefined)) {',
    replace: 'isolatedAppOf(instance) !== undefined) && false) {',
    tests: ['isolation/public-api'],
  },
  {
    name: 'log-serializers-of-register-refused',
    file: 'isolate.ts',
    find: "new Set(['prefix', 'logLevel', 'logSerializers'])",
    replace: "new Set(['prefix', 'logLevel'])",
    tests: ['isolation/public-api'],
  },
  {
    name: 'held-back-faults-lost-on-close',
    file: 'isolate.ts',
    find: '    app.endRateLimit()\n',
    replace: '',
    tests: ['log/log'],
  },
  {
    name: 'fatal-line-written-twice',
    file: 'isolated-app.ts',
    find: '    else write()\n',
    replace: '    write()\n',
    tests: ['log/log'],
  },
]
