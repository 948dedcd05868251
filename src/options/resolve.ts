import {
  expectBoolean,
  expectCount,
  expectFunction,
  expectMilliseconds,
  expectOptions,
  expectWordOrFunction,
} from './check.ts'
import type {
  Answer,
  Classify,
  ErrorHandler,
  IsExpected,
  IsolateOptions,
  RouteIsolateOptions,
} from './options.ts'
import { type ResolvedLeaveOptions, resolveLeaveOptions } from './resolve-leave.ts'

/** The options of a route with every default filled in, the plugin's own options standing in for the route's. */
export interface ResolvedRoute {
  readonly classify: Classify | undefined
  readonly expected: 'convention' | 'branded' | IsExpected
  /** `'json'` gives a problem where the client's Accept names one; `'problem'` always does. */
  readonly answer: 'json' | 'problem' | Answer
  readonly expose: boolean
  readonly escapes: boolean
  /** Milliseconds. */
  readonly grace: number
}

/** {@link IsolateOptions} with every default filled in. */
export interface ResolvedOptions extends ResolvedRoute {
  readonly errorHandler: ErrorHandler | undefined
  readonly onFault: IsolateOptions['onFault'] | undefined
  readonly leave: ResolvedLeaveOptions
  readonly log: ResolvedLogOptions
}

/** {@link LogOptions} with every default filled in. */
export interface ResolvedLogOptions {
  /** An integer, or Infinity. */
  readonly burst: number
  /** Milliseconds. */
  readonly window: number
}

const ROUTE_OPTIONS = ['classify', 'expected', 'answer', 'expose', 'escapes', 'grace'] as const
const OPTIONS = [...ROUTE_OPTIONS, 'errorHandler', 'onFault', 'leave', 'log'] as const

/**
 * Checks the options of the plugin and fills in the defaults.
 *
 * @param options What the user gave; undefined is all defaults.
 * @throws {TypeError} `FST_ISOLATE_BAD_OPTION`, which names the option, what was expected, and what was given.
 */
export function resolveOptions(options: unknown): ResolvedOptions {
  const given = expectOptions({ where: '', name: '', value: options ?? {} }, OPTIONS)
  const route = resolveShared(given, '', '')
  const { errorHandler, onFault } = given
  return {
    classify: route.classify,
    expected: route.expected ?? 'convention',
    answer: route.answer ?? 'json',
    expose: route.expose ?? false,
    escapes: route.escapes ?? true,
    grace: route.grace ?? 1000,
    errorHandler:
      errorHandler === undefined
        ? undefined
        : expectFunction({ where: '', name: 'errorHandler', value: errorHandler }),
    onFault:
      onFault === undefined ? undefined : expectFunction({ where: '', name: 'onFault', value: onFault }),
    leave: resolveLeaveOptions(given.leave),
    log: resolveLogOptions(given.log),
  }
}

function resolveLogOptions(value: unknown): ResolvedLogOptions {
  const { burst, window } = expectOptions({ where: '', name: 'log', value: value ?? {} }, ['burst', 'window'])
  return {
    burst: burst === undefined ? 100 : expectCount({ where: '', name: 'log.burst', value: burst }),
    window:
      window === undefined
        ? 10_000
        : expectMilliseconds({ where: '', name: 'log.window', value: window }, false),
  }
}

/**
 * Checks `config.isolate` of a route.
 *
 * @param value What the route has there; undefined overrides nothing, and so does true.
 * @param routeLabel How errors name the route: `GET /users/:id`.
 * @returns False where the route opts out, else what it overrides and nothing more.
 * @throws {TypeError} `FST_ISOLATE_BAD_OPTION`, which names the route and the option.
 */
export function resolveRouteOptions(value: unknown, routeLabel: string): false | Partial<ResolvedRoute> {
  if (value === false) return false
  if (value === undefined || value === true) return {}
  const where = `Route ${routeLabel}: `
  const given = expectOptions({ where, name: 'config.isolate', value }, ROUTE_OPTIONS)
  return resolveShared(given, where, 'config.isolate.')
}

type Given = Partial<Record<keyof RouteIsolateOptions, unknown>>

/** What the plugin and a route have in common. Only what was given is in the result. */
function resolveShared(given: Given, where: string, prefix: string): Partial<ResolvedRoute> {
  const at = (key: keyof Given): { where: string; name: string; value: unknown } => ({
    where,
    name: prefix + key,
    value: given[key],
  })
  return {
    ...(given.classify === undefined ? undefined : { classify: expectFunction<Classify>(at('classify')) }),
    ...(given.expected === undefined
      ? undefined
      : {
          expected: expectWordOrFunction<ResolvedRoute['expected']>(at('expected'), [
            'convention',
            'branded',
          ]),
        }),
    ...(given.answer === undefined
      ? undefined
      : { answer: expectWordOrFunction<ResolvedRoute['answer']>(at('answer'), ['json', 'problem']) }),
    ...(given.expose === undefined ? undefined : { expose: expectBoolean(at('expose')) }),
    ...(given.escapes === undefined ? undefined : { escapes: expectBoolean(at('escapes')) }),
    ...(given.grace === undefined ? undefined : { grace: expectMilliseconds(at('grace'), false) }),
  }
}
