import type { Mutant } from './mutant.ts'

/** Faults in `src/options`. */
export const inOptions: readonly Mutant[] = [
  {
    name: 'milliseconds-may-be-text',
    file: 'options/check.ts',
    find: "  const { value } = given\n  if (typeof value === 'number' && value >= 0) {",
    replace: '  const value = Number(given.value)\n  if (value >= 0) {',
    tests: ['options/options'],
  },
  {
    name: 'unknown-option-accepted',
    file: 'options/read-options.ts',
    find: '  for (const key of keys) if (!known.includes(key)) throw unknownOption(given, key, known)\n',
    replace: '',
    tests: ['options/options'],
  },
  {
    name: 'required-option-may-be-missing',
    file: 'options/resolve.ts',
    find: "value === undefined && 'default' in row ? row.default",
    replace: "value === undefined ? ('default' in row ? row.default : undefined)",
    tests: ['options/options'],
  },
  {
    name: 'unhandleable-signal-accepted',
    file: 'options/check.ts',
    find: "if (signal === 'SIGKILL' || signal === 'SIGSTOP') {",
    replace: "if (signal === 'SIGKILL') {",
    tests: ['options/options'],
  },
  {
    name: 'exit-code-of-node-accepted',
    file: 'options/exit-codes.ts',
    find: '(code as number) > 13',
    replace: '(code as number) >= 13',
    tests: ['options/options', 'report/report'],
  },
  {
    name: 'route-cannot-opt-out',
    file: 'options/resolve.ts',
    find: 'if (value === false) return false',
    replace: 'if (value === false) return {}',
    tests: ['options/options'],
  },
  {
    name: 'override-of-a-route-ignored',
    file: 'options/resolve.ts',
    find: '[name, ownProperty(override, name) ?? app[name]]',
    replace: '[name, app[name] ?? override[name]]',
    tests: ['options/table'],
  },
  {
    name: 'termination-log-outside-of-kubernetes',
    file: 'options/table.ts',
    find: "process.env.KUBERNETES_SERVICE_HOST ? '/dev/termination-log' : false",
    replace: "'/dev/termination-log'",
    tests: ['options/options'],
  },
]
