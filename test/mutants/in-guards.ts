import type { Mutant } from './mutant.ts'

/** Faults in `src/guards`. */
export const inGuards: readonly Mutant[] = [
  {
    name: 'status-of-any-error-counts',
    file: 'guards/stage.ts',
    find: "isMiddleware ? readProperty(error, 'status') : undefined",
    replace: "readProperty(error, 'status')",
    tests: ['triage/middleware-status'],
    only: 'says nothing in any other hook',
  },
  {
    name: 'middleware-has-no-status',
    file: 'guards/hook.ts',
    find: 'RUNS_MIDDLEWARE.test(hook.name) ? inMiddleware : inHook',
    replace: 'inHook',
    tests: ['triage/middleware-status'],
  },
  {
    name: 'app-handler-gets-the-carrier',
    file: 'guards/error-handlers.ts',
    find: 'const result = handler(error, request, reply)',
    replace: 'const result = handler(thrown, request, reply)',
    tests: ['guards/error-handlers'],
  },
  {
    name: 'rejection-after-the-answer-is-lost',
    file: 'guards/stage.ts',
    find: '      this.triage.recordAfterAnswer(context, reply, error, this.origin)\n      return true\n',
    replace: '      return true\n',
    tests: ['guards/hooks'],
  },
  {
    name: 'aborted-handler-costs-the-forced-answer',
    file: 'guards/stage.ts',
    find: ' || context.ended !== undefined',
    replace: '',
    tests: ['triage/ended-early'],
  },
  {
    name: 'error-of-an-onresponse-hook-is-lost',
    file: 'guards/silent-hook.ts',
    find: '      if (error) record(error)\n',
    replace: '',
    tests: ['guards/hooks'],
  },
  {
    name: 'parser-that-throws-undefined-has-parsed',
    file: 'guards/parser.ts',
    find: 'goOn(asError(error))',
    replace: 'goOn(error)',
    tests: ['guards/hostile'],
    only: 'undefined',
  },
  {
    name: 'error-of-genreqid-is-swallowed',
    file: 'guards/before-hooks.ts',
    find: '        early.remember(raw, error)\n        return substituteId()',
    replace: '        return substituteId()',
    tests: ['guards/hooks'],
  },
  {
    name: 'error-of-the-raw-response-is-lost',
    file: 'guards/log-controller.ts',
    find: '        triage.recordDropped(context, error)\n',
    replace: '',
    tests: ['guards/hooks'],
  },
  {
    name: 'callback-of-a-proxy-costs-another-request',
    file: 'coverage/cover-app.ts',
    find: '      guardReplyFrom(instance, this.#guards)\n',
    replace: '',
    tests: ['guards/reply-from'],
  },
  {
    name: 'status-of-the-upstream-is-taken-for-the-apps',
    file: 'guards/reply-from.ts',
    find: '      if (reply.statusCode === statusBefore) context.statusAtError = NO_STATUS\n',
    replace: '',
    tests: ['guards/reply-from'],
  },
]
