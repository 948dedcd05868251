import { constants } from 'node:os'
import { isArrayLike, readProperty } from '../fault/thrown.ts'
import {
  expectBoolean,
  expectFunction,
  expectMilliseconds,
  expectOptions,
  expectText,
  type Given,
  unexpected,
} from './check.ts'
import { EXIT_FATAL, EXIT_RECYCLE, isAllowedExitCode } from './exit-codes.ts'
import type { LeaveOptions } from './options.ts'

/** {@link LeaveOptions} with every default filled in. */
export interface ResolvedLeaveOptions {
  readonly deadline: number
  readonly drainDelay: number
  readonly drainFatal: boolean
  readonly recycleAfter: number
  readonly signals: readonly NodeJS.Signals[]
  readonly onLeave: LeaveOptions['onLeave'] | undefined
  readonly exitCodes: { readonly fatal: number; readonly recycle: number }
  readonly reportDir: string | undefined
  readonly terminationLog: string | false
  readonly readiness: string | undefined
  /** Undefined: `process.exit`. */
  readonly exit: ((code: number) => void) | undefined
}

/** No system has as many signals. */
const MAX_SIGNALS = 128

const LEAVE_OPTIONS = [
  'deadline',
  'drainDelay',
  'drainFatal',
  'recycleAfter',
  'signals',
  'onLeave',
  'exitCodes',
  'reportDir',
  'terminationLog',
  'readiness',
  'exit',
] as const

/**
 * Checks `leave` and fills in the defaults.
 *
 * @param options What the user gave; undefined is all defaults.
 * @throws {TypeError} `FST_ISOLATE_BAD_OPTION`, which names the option, what was expected, and what was given.
 */
export function resolveLeaveOptions(options: unknown): ResolvedLeaveOptions {
  const given = expectOptions({ where: '', name: 'leave', value: options ?? {} }, LEAVE_OPTIONS)
  // An option that is undefined counts as absent.
  const option = <T>(key: keyof typeof given, check: (given: Given) => T, byDefault: T): T =>
    given[key] === undefined ? byDefault : check({ where: '', name: `leave.${key}`, value: given[key] })

  return {
    deadline: option('deadline', finite, 10_000),
    drainDelay: option('drainDelay', finite, 0),
    drainFatal: option('drainFatal', expectBoolean, false),
    recycleAfter: option('recycleAfter', (value) => expectMilliseconds(value, true), 600_000),
    signals: option('signals', expectSignals, []),
    onLeave: option<LeaveOptions['onLeave']>('onLeave', expectFunction, undefined),
    exitCodes: resolveExitCodes(given.exitCodes),
    reportDir: option<string | undefined>(
      'reportDir',
      (value) => expectText(value, 'the path of a folder'),
      undefined,
    ),
    terminationLog: option<string | false>('terminationLog', expectTerminationLog, defaultTerminationLog()),
    readiness: option<string | undefined>('readiness', expectPath, undefined),
    exit: option<ResolvedLeaveOptions['exit']>('exit', expectFunction, undefined),
  }
}

function finite(given: Given): number {
  return expectMilliseconds(given, false)
}

function resolveExitCodes(value: unknown): ResolvedLeaveOptions['exitCodes'] {
  const given = expectOptions({ where: '', name: 'leave.exitCodes', value: value ?? {} }, [
    'fatal',
    'recycle',
  ])
  return {
    fatal: given.fatal === undefined ? EXIT_FATAL : expectExitCode('fatal', given.fatal),
    recycle: given.recycle === undefined ? EXIT_RECYCLE : expectExitCode('recycle', given.recycle),
  }
}

function expectExitCode(name: 'fatal' | 'recycle', value: unknown): number {
  if (isAllowedExitCode(value, name)) return value
  const expected = `an integer from 14 to 125, since 1 to 13 are Node's own${name === 'recycle' ? ', or 0' : ''}`
  throw unexpected({ where: '', name: `leave.exitCodes.${name}`, value }, expected)
}

function expectSignals(given: Given): readonly NodeJS.Signals[] {
  const { value } = given
  if (!isArrayLike(value)) throw unexpected(given, "an array of signal names, such as ['SIGTERM']")
  const length = Number(readProperty(value, 'length')) || 0
  return Array.from({ length: Math.min(length, MAX_SIGNALS) }, (_, i) => {
    const signal = readProperty(value, i)
    const each = { ...given, name: `${given.name}[${i}]`, value: signal }
    if (signal === 'SIGKILL' || signal === 'SIGSTOP') {
      throw unexpected(each, 'a signal that a process can handle')
    }
    if (typeof signal === 'string' && Object.hasOwn(constants.signals, signal))
      return signal as NodeJS.Signals
    throw unexpected(each, "the name of a signal, such as 'SIGTERM'")
  })
}

function expectPath(given: Given): string {
  if (typeof given.value === 'string' && given.value.startsWith('/')) return given.value
  throw unexpected(given, "a path that starts with '/'")
}

function expectTerminationLog(given: Given): string | false {
  return given.value === false ? false : expectText(given, 'the path of a file, or false')
}

function defaultTerminationLog(): string | false {
  return process.env.KUBERNETES_SERVICE_HOST ? '/dev/termination-log' : false
}
