import type { Given } from './bad-option.ts'
import { readOptions } from './read-options.ts'
import type { Resolved, ResolvedOptions, ResolvedRouteOptions } from './resolved.ts'
import { type Group, OPTIONS, ROUTE_OPTIONS, type Row, rowsOf, type Table } from './table.ts'

/**
 * Checks the options of the plugin and fills in the defaults.
 *
 * @param options What the user gave; undefined is all defaults.
 * @throws {TypeError} `FST_ISOLATE_BAD_OPTION`, which names the option, what was expected, and what was given.
 */
export function resolveOptions(options: unknown): ResolvedOptions {
  return resolveTable(OPTIONS, { where: '', name: '', value: options })
}

function resolveTable<T>(table: Table<T>, given: Given): Resolved<T> {
  const options = readOptions({ ...given, value: given.value ?? {} }, Object.keys(table))
  const resolved = rowsOf(table).map(([name, row]) => [name, resolveRow(row, options(name))])
  return Object.fromEntries(resolved) as Resolved<T>
}

function resolveRow(row: Row<unknown> | Group<object>, given: Given): unknown {
  if ('options' in row) return resolveTable(row.options, given)
  return given.value === undefined ? row.default : row.check(given)
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
  const options = readOptions(given, Object.keys(ROUTE_OPTIONS))
  const overridden = rowsOf(ROUTE_OPTIONS).filter(([name]) => options(name).value !== undefined)
  return Object.fromEntries(overridden.map(([name, row]) => [name, resolveRow(row, options(name))]))
}

const ROUTE_OPTION_NAMES = Object.keys(ROUTE_OPTIONS) as (keyof ResolvedRouteOptions)[]

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
  const options = ROUTE_OPTION_NAMES.map((name) => [name, override[name] ?? app[name]])
  return Object.fromEntries(options)
}
