import type { QuarantineStore } from '../deaths/quarantine-store.ts'
import type { IsolateOptions, LeaveOptions, QuarantineOptions, RouteIsolateOptions } from './options.ts'

type AnyFunction = (...args: never) => unknown

/** What an option may be that does not have options of its own. */
type Value = string | number | boolean | readonly unknown[] | AnyFunction | QuarantineStore

/**
 * Whether an option has options of its own, as `leave` has, and `grace` may have. One that may be false is none:
 * see {@link IsSwitch}.
 */
export type IsGroup<T> = [T] extends [Value] ? false : false extends T ? false : true

/**
 * What an option is once the defaults are filled in. One that can only be a function, a store, or
 * any text, may be without a default: it then stays undefined.
 */
export type ResolvedValue<T> = [T] extends [AnyFunction | QuarantineStore]
  ? T | undefined
  : [T, string] extends [string, T]
    ? T | undefined
    : T extends Value
      ? T
      : Resolved<T>

/** Whether an option may be left out. */
export type IsOptional<T, Name extends keyof T> = object extends Pick<T, Name> ? true : false

/** Whether an option is false, or has options of its own. */
export type IsSwitch<T> = false extends T ? ([Extract<T, object>] extends [never] ? false : true) : false

/** Options with every default filled in. */
export type Resolved<T> = {
  readonly [Name in keyof T]-?: IsOptional<T, Name> extends true
    ? ResolvedValue<Exclude<T[Name], undefined>>
    : T[Name]
}

/** {@link IsolateOptions} with every default filled in. */
export type ResolvedOptions = Resolved<IsolateOptions>

/** What is done about a crash loop. */
export type ResolvedLoop = Exclude<ResolvedOptions['loop'], false>

/** The options that hold for a route: the app's, overridden by the route's own. */
export type ResolvedRouteOptions = Resolved<RouteIsolateOptions>

/** One number of milliseconds for all graces, exactly, or one for each. */
export type ResolvedGrace = ResolvedRouteOptions['grace']

/** {@link LeaveOptions} with every default filled in. */
export type ResolvedLeaveOptions = Resolved<LeaveOptions>

/** {@link QuarantineOptions} with every default filled in. */
export type ResolvedQuarantine = Resolved<QuarantineOptions>
