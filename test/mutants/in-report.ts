import type { Mutant } from './mutant.ts'

/** Faults in `src/report`. */
export const inReport: readonly Mutant[] = [
  {
    name: 'waits-for-the-reader-of-a-fifo-as-termination-log',
    file: 'report/termination-log.ts',
    find: ' |\n  (constants.O_NONBLOCK ?? 0)',
    replace: '',
    tests: ['report/report'],
    only: 'no link is followed to the termination log, and nobody waits for the reader of a FIFO',
  },
  {
    name: 'report-vanishes-behind-those-of-a-wrong-clock',
    file: 'report/file.ts',
    find: '[...others.filter(isOfFuture), ...others.filter((name) => !isOfFuture(name))]',
    replace: 'others',
    tests: ['report/report'],
    only: 'a report outlives those of a wrong clock, which go first, and what a killed process left goes too',
  },
  {
    name: 'eleven-reports-kept',
    file: 'report/file.ts',
    find: 'others.length + 1 - REPORTS_KEPT',
    replace: 'others.length - REPORTS_KEPT',
    tests: ['report/report'],
  },
  {
    name: 'report-readable-by-everybody',
    file: 'whole-file.ts',
    find: "openSync(path, 'wx', 0o600)",
    replace: "openSync(path, 'wx')",
    tests: ['leave/report'],
    only: 'the report: what happened, and nothing secret',
  },
  {
    name: 'report-has-the-query-string',
    file: 'report/build.ts',
    find: 'url: withoutQuery(request.url),',
    replace: 'url: request.url,',
    tests: ['leave/report'],
    only: 'the report: what happened, and nothing secret',
  },
  {
    name: 'termination-log-cut-in-characters',
    file: 'report/termination-log.ts',
    find: 'truncate(shown, bytes - MARK_BYTES)',
    replace: 'shown.slice(0, bytes - MARK_BYTES)',
    tests: ['report/report'],
  },
  {
    name: 'long-message-fills-the-termination-log',
    file: 'report/format.ts',
    find: 'shorten(headline(report), TEXT_BYTES)',
    replace: 'headline(report)',
    tests: ['report/report'],
  },
  {
    name: 'first-error-fills-the-termination-log',
    file: 'report/termination-log.ts',
    find: 'Math.floor(left / (errors.length - i))',
    replace: 'left',
    tests: ['report/report'],
  },
  {
    name: 'report-moves-the-cursor',
    file: 'report/format.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source code
    find: "return printable(`${sections.join('\\n\\n')}\\n`)",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source code
    replace: "return `${sections.join('\\n\\n')}\\n`",
    tests: ['report/cli'],
  },
]
