import { isArrayLike, ownProperty } from '../fault/thrown.ts'
import { badOption, type Given, unexpected } from './bad-option.ts'
import { readOptions } from './read-options.ts'
import type { Resolved, ResolvedGrace, ResolvedOptions, ResolvedRouteOptions } from './resolved.ts'
import { type AnyRow, OPTIONS, OVERRIDABLE, ROUTE_OPTIONS, rowsOf, type Table } from './table.ts'

/**
 * Checks the options of the plugin and fills in the defaults.
 *
 * @param options What the user gave; undefined is all defaults.
 * @throws {TypeError} `FST_ISOLATE_BAD_OPTION`, which names the option, what was expected, and what was given.
 */
export function resolveOptions(options: unknown): ResolvedOptions {
  const resolved = resolveTable(OPTIONS, { where: '', name: '', value: options }, true)
  checkNeeds(resolved)
  return resolved
}

/**
 * Refuses options of the plugin that were given to `register()` beside `isolate(…)`, where nothing reads them.
 *
 * @param beside What `register()` was given.
 * @throws {TypeError} `FST_ISOLATE_BAD_OPTION`, which names the first of them.
 */
export function refuseBeside(beside: object | undefined): void {
  const name = Object.keys(beside ?? {}).find((each) => Object.hasOwn(OPTIONS, each))
  if (name === undefined) return
  throw badOption(
    `Expected \`${name}\` in the call of \`isolate()\`, got it beside: write \`app.register(isolate({ ${name}: … }))\``,
  )
}

/** @throws {TypeError} Where the options are an app, which nobody would register the plugin on. */
export function refuseApp(options: object | undefined): void {
  if (typeof (options as { register?: unknown } | undefined)?.register !== 'function') return
  throw badOption('Expected options in the call of `isolate()`, got an app: write `app.register(isolate())`')
}

/** @throws {TypeError} Where an option is on that cannot work without another one. */
function checkNeeds({ loop, quarantine, recorder }: ResolvedOptions): void {
  if (recorder !== false) return
  if (loop !== false) {
    throw badOption(
      'Expected `recorder` beside `loop`, which has to know how earlier processes ended, got none: add ' +
        "`recorder: { dir: '/var/lib/my-app' }`, a folder that outlives the process",
    )
  }
  if (quarantine !== false && quarantine.store === undefined) {
    throw badOption(
      "Expected `quarantine` to come with `recorder: { dir: '/var/lib/my-app' }`, a folder that outlives the process, or a " +
        '`store`: it has to know what earlier processes died of',
    )
  }
}

/** @param fill Whether an option that is left out gets its default. Else it stays left out. */
function resolveTable<T>(table: Table<T>, given: Given, fill: boolean): Resolved<T> {
  const value = fill ? (given.value ?? {}) : given.value
  const options = readOptions({ ...given, value }, Object.keys(table))
  const rows = rowsOf(table).filter(([name]) => fill || options(name).value !== undefined)
  const resolved = rows.map(([name, row]) => [name, resolveRow(row, options(name), fill)])
  return Object.fromEntries(resolved) as Resolved<T>
}

function resolveRow(row: AnyRow, given: Given, fill: boolean): unknown {
  const { value } = given
  if (!('options' in row)) return value === undefined && 'default' in row ? row.default : row.check(given)
  const isObject = typeof value === 'object' && value !== null && !isArrayLike(value)
  if ('default' in row) {
    if (value === undefined || value === false) return false
    if (!isObject) throw unexpected(given, row.expected)
    return resolveTable(row.options, given, true)
  }
  if (row.checkOne !== undefined && value !== undefined && !isObject) return row.checkOne(given)
  return resolveTable(row.options, given, fill)
}

/**
 * Checks `config.isolate` of a route.
 *
 * @param value What the route has there; undefined overrides nothing, and so does true.
 * @param routeLabel How errors name the route: `GET /users/:id`.
 * @returns False where the route opts out, else what it overrides and nothing more.
 * @throws {TypeError} `FST_ISOLATE_BAD_OPTION`, which names the route and the option.
 */
export function resolveRouteOptions(
  value: unknown,
  routeLabel: string,
): false | Partial<ResolvedRouteOptions> {
  if (value === false) return false
  if (value === undefined || value === true) return {}
  const given = { where: `Route ${routeLabel}: `, name: 'config.isolate', value }
  return resolveTable(ROUTE_OPTIONS, given, false)
}

const OVERRIDABLE_NAMES = Object.keys(OVERRIDABLE) as (keyof ResolvedOptions & keyof ResolvedRouteOptions)[]

/**
 * The options that hold for a route. Whatever it overrides, the result has the same properties in the same
 * order: the engine then knows one shape of route.
 *
 * @param app The options of the app.
 * @param override What {@link resolveRouteOptions} gave for the route.
 */
export function routeOptions(
  app: ResolvedOptions,
  override: Partial<ResolvedRouteOptions>,
): ResolvedRouteOptions {
  const options = OVERRIDABLE_NAMES.map((name) => [name, ownProperty(override, name) ?? app[name]])
  const own = {
    grace: graceOf(app, override),
    quarantine: (ownProperty(override, 'quarantine') as boolean | undefined) ?? true,
  }
  return { ...(Object.fromEntries(options) as ResolvedRouteOptions), ...own }
}

/** A grace that the route leaves out is as the app has it, also where the app has one number for all. */
function graceOf({ grace }: ResolvedOptions, override: Partial<ResolvedRouteOptions>): ResolvedGrace {
  const own = ownProperty(override, 'grace') as typeof override.grace
  if (typeof own !== 'object') return own ?? grace
  return {
    ...(typeof grace === 'object' ? grace : { rejection: grace, exception: grace }),
    ...own,
  }
}
