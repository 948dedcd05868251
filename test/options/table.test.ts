import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resolveOptions, resolveRouteOptions, routeOptions } from '../../src/options/resolve.ts'
import { type AnyRow, OPTIONS, ROUTE_OPTIONS, rowsOf, type Table } from '../../src/options/table.ts'

interface Option {
  /** `['leave', 'deadline']`. */
  readonly path: readonly string[]
  readonly row: AnyRow
}

/** Every option of a table, and those inside of it. */
function optionsOf<T>(table: Table<T>, above: readonly string[] = []): Option[] {
  return rowsOf(table).flatMap(([name, row]) => {
    const path = [...above, name]
    return [{ path, row }, ...('options' in row ? optionsOf(row.options, path) : [])]
  })
}

/** What a user writes to give one option a value: `{ leave: { deadline: value } }`. */
function giving(path: readonly string[], value: unknown): unknown {
  return path.reduceRight((inner: unknown, name) => ({ [name]: inner }), value)
}

/** No option may be one. */
const WRONG = 10n

const ofApp = optionsOf(OPTIONS)
const ofRoute = optionsOf(ROUTE_OPTIONS)
const code = 'FST_ISOLATE_BAD_OPTION'

describe('every option of an app', () => {
  for (const { path, row } of ofApp) {
    const name = path.join('.')
    test(`${name}: a wrong value is refused by its name`, () => {
      assert.throws(
        () => resolveOptions(giving(path, WRONG)),
        ({ message, ...error }: Error & { code: string }) =>
          error.code === code &&
          message.startsWith(`Expected \`${name}\` to be `) &&
          message.endsWith(', got `10n` (bigint)'),
      )
    })

    if ('options' in row || !('default' in row) || row.default === undefined) continue
    test(`${name}: the default is a value that is allowed`, () => {
      // an option of a group that is off has a default once that is on
      const [group = ''] = path
      const isSwitch = 'default' in OPTIONS[group as keyof typeof OPTIONS] && path.length > 1
      const on = isSwitch ? { recorder: { dir: '/tmp' }, [group]: {} } : {}
      const given = giving(path, row.default) as object
      assert.deepEqual(resolveOptions({ ...on, ...given }), resolveOptions(on))
    })
  }
})

describe('every option of a route', () => {
  for (const { path } of ofRoute) {
    const name = path.join('.')
    test(`${name}: a wrong value is refused by its name and the route's`, () => {
      assert.throws(
        () => resolveRouteOptions(giving(path, WRONG), 'GET /x'),
        ({ message, ...error }: Error & { code: string }) =>
          error.code === code &&
          message.startsWith(`Route GET /x: Expected \`config.isolate.${name}\` to be `),
      )
    })
  }
})

describe('every option that is of the app alone', () => {
  const names = Object.keys(OPTIONS).filter((name) => !(name in ROUTE_OPTIONS))
  assert.ok(names.length > 0)
  for (const name of names) {
    test(`${name}: refused on a route by its name`, () => {
      const { [name]: value } = { ...resolveOptions({}) } as Record<string, unknown>
      assert.throws(
        () => resolveRouteOptions({ [name]: value }, 'GET /x'),
        ({ message, ...error }: Error & { code: string }) =>
          error.code === code &&
          message.startsWith(`Route GET /x: Unknown option \`config.isolate.${name}\`.`),
      )
    })
  }
})

test('a route has the options of the app, apart from those that it overrides', () => {
  const app = resolveOptions({ expose: true, grace: 5 })
  const inherited = routeOptions(app, {})
  assert.deepEqual(inherited, {
    classify: undefined,
    expected: 'convention',
    answer: 'json',
    expose: true,
    escapes: true,
    grace: 5,
    runaway: false,
    quarantine: true,
  })
  assert.deepEqual(routeOptions(app, { grace: 0, expose: false }), { ...inherited, expose: false, grace: 0 })
})

test('a grace that a route leaves out is as the app has it', () => {
  const graceOf = (app: unknown, route: unknown): unknown => {
    const override = resolveRouteOptions({ grace: route }, 'GET /x')
    return override && routeOptions(resolveOptions({ grace: app }), override).grace
  }
  assert.deepEqual(graceOf({ exception: 5 }, { rejection: 6 }), { rejection: 6, exception: 5 })
  assert.deepEqual(graceOf(5, { rejection: 6 }), { rejection: 6, exception: 5 })
  assert.equal(graceOf({ exception: 5 }, 6), 6)
  assert.deepEqual(graceOf({ exception: 5 }, undefined), { rejection: 10_000, exception: 5 })
})

test('whatever a route overrides, its options have the same order', () => {
  const app = resolveOptions({})
  const override = resolveRouteOptions({ grace: 1, answer: 'problem', classify: () => 'fatal' }, 'GET /x')
  assert.ok(override !== false)
  assert.deepEqual(Object.keys(routeOptions(app, override)), Object.keys(routeOptions(app, {})))
})
