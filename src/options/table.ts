import type { Given } from './bad-option.ts'
import {
  checkBoolean,
  checkCount,
  checkExitCode,
  checkFunction,
  checkGrace,
  checkMilliseconds,
  checkMillisecondsOrNever,
  checkPath,
  checkRepeats,
  checkRunawayTime,
  checkSignals,
  checkStore,
  checkTerminationLog,
  checkText,
  checkWord,
  checkWordOrFunction,
} from './check.ts'
import { EXIT_FATAL, EXIT_LOOP, EXIT_RECYCLE } from './exit-codes.ts'
import type {
  ExitCodes,
  GraceOptions,
  IsolateOptions,
  LeaveOptions,
  LogOptions,
  LoopOptions,
  OverridableOptions,
  QuarantineOptions,
  RecorderOptions,
  RouteIsolateOptions,
  RunawayOptions,
} from './options.ts'
import type { IsGroup, IsOptional, IsSwitch, ResolvedValue } from './resolved.ts'

/** One option, and the type of its value once the defaults are filled in. */
export interface Row<T> {
  /** Returns the value if the option may have it, else throws the error that says what was expected. */
  readonly check: (given: Given) => T
  /** What holds where the option is not given. */
  readonly default: T
}

/** An option that has to be given. */
export interface RequiredRow<T> {
  /** As that of a {@link Row}. Called also where nothing is given. */
  readonly check: (given: Given) => T
}

/** An option that has options of its own. */
export interface Group<T> {
  readonly options: Table<Extract<T, object>>
  /** Checks what is given instead of an object: one value for all of its options. Without it, only an object will do. */
  readonly checkOne?: (given: Given) => Exclude<T, object>
}

/** An option that has options of its own, and is off without any. */
export interface Switch<T> {
  readonly options: Table<Extract<T, object>>
  readonly default: false
  /** What an error says that it has to be: `false or { after: 1000 }`. */
  readonly expected: string
}

/** A row for each option of a public type: one too few or too many does not compile. */
export type Table<T> = {
  readonly [Name in keyof T]-?: IsOptional<T, Name> extends true
    ? OptionalRow<Exclude<T[Name], undefined>>
    : RequiredRow<T[Name]>
}

type OptionalRow<T> =
  IsGroup<T> extends true ? Group<T> : IsSwitch<T> extends true ? Switch<T> : Row<ResolvedValue<T>>

const GRACE_OPTIONS: Table<GraceOptions> = {
  rejection: { check: checkMilliseconds, default: 10_000 },
  exception: { check: checkMilliseconds, default: 1_000 },
}

const RUNAWAY_OPTIONS: Table<RunawayOptions> = { after: { check: checkRunawayTime } }

/** The options of an app that a route may override. */
export const OVERRIDABLE: Table<OverridableOptions> = {
  classify: { check: checkFunction, default: undefined },
  expected: {
    check: (given) => checkWordOrFunction(given, ['convention', 'branded']),
    default: 'convention',
  },
  answer: { check: (given) => checkWordOrFunction(given, ['json', 'problem']), default: 'json' },
  expose: { check: checkBoolean, default: false },
  escapes: { check: checkBoolean, default: true },
  grace: { options: GRACE_OPTIONS, checkOne: checkGrace },
  runaway: { options: RUNAWAY_OPTIONS, default: false, expected: 'false or { after: 1000 }' },
}

/** The options of a route. */
export const ROUTE_OPTIONS: Table<RouteIsolateOptions> = {
  ...OVERRIDABLE,
  quarantine: { check: checkBoolean, default: true },
}

const EXIT_CODES: Table<ExitCodes> = {
  fatal: { check: (given) => checkExitCode(given, 'fatal'), default: EXIT_FATAL },
  recycle: { check: (given) => checkExitCode(given, 'recycle'), default: EXIT_RECYCLE },
  loop: { check: (given) => checkExitCode(given, 'loop'), default: EXIT_LOOP },
}

const LEAVE_OPTIONS: Table<LeaveOptions> = {
  deadline: { check: checkMilliseconds, default: 10_000 },
  drainDelay: { check: checkMilliseconds, default: 0 },
  drainFatal: { check: checkBoolean, default: false },
  recycleAfter: { check: checkMillisecondsOrNever, default: 600_000 },
  recycleSpread: { check: checkMilliseconds, default: 60_000 },
  sickAfter: { check: checkMillisecondsOrNever, default: 60_000 },
  signals: { check: checkSignals, default: [] },
  onLeave: { check: checkFunction, default: undefined },
  exitCodes: { options: EXIT_CODES },
  reportDir: { check: (given) => checkText(given, 'the path of a folder'), default: undefined },
  terminationLog: {
    check: checkTerminationLog,
    get default() {
      return process.env.KUBERNETES_SERVICE_HOST ? '/dev/termination-log' : false
    },
  },
  readiness: { check: checkPath, default: undefined },
  exit: { check: checkFunction, default: undefined },
}

const LOG_OPTIONS: Table<LogOptions> = {
  burst: { check: checkCount, default: 100 },
  window: { check: checkMilliseconds, default: 10_000 },
}

const RECORDER_OPTIONS: Table<RecorderOptions> = {
  dir: { check: (given) => checkText(given, 'the path of a folder') },
}

const LOOP_OPTIONS: Table<LoopOptions> = {
  window: { check: checkMilliseconds, default: 60_000 },
  limit: { check: checkRepeats, default: 5 },
  action: { check: (given) => checkWord(given, ['exit', 'park', 'backOff']), default: 'exit' },
  liveness: { check: checkPath, default: undefined },
}

const QUARANTINE_OPTIONS: Table<QuarantineOptions> = {
  store: { check: checkStore, default: undefined },
  deaths: { check: checkRepeats, default: 3 },
  coolDown: { check: checkMilliseconds, default: 60_000 },
  build: { check: (given) => checkText(given, 'the name of a build'), default: undefined },
  loadTimeout: { check: checkMilliseconds, default: 500 },
}

/** The options of an app. */
export const OPTIONS: Table<IsolateOptions> = {
  ...OVERRIDABLE,
  errorHandler: { check: checkFunction, default: undefined },
  onFault: { check: checkFunction, default: undefined },
  leave: { options: LEAVE_OPTIONS },
  log: { options: LOG_OPTIONS },
  recorder: { options: RECORDER_OPTIONS, default: false, expected: "false or { dir: '/var/lib/my-app' }" },
  loop: { options: LOOP_OPTIONS, default: false, expected: "false or an object, such as { action: 'park' }" },
  quarantine: { options: QUARANTINE_OPTIONS, default: false, expected: 'false or { coolDown: 60_000 }' },
  onQuarantine: { check: checkFunction, default: undefined },
}

/** A row of any table. */
export type AnyRow = Row<unknown> | RequiredRow<unknown> | Group<object> | Switch<object>

/** The rows of a table by the names of their options, in the table's order. */
export function rowsOf<T>(table: Table<T>): readonly (readonly [string, AnyRow])[] {
  return Object.entries(table)
}
