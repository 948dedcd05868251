import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url))
const PAGE = fileURLToPath(new URL('../../docs/architecture.md', import.meta.url))

/** The folders and files of `src` from the top down: each imports only what stands below it. */
const ORDER = [
  ...[
    'index.ts',
    'cli.ts',
    'redis',
    'isolate.ts',
    'coverage',
    'server',
    'runaway',
    'crash-loop',
    'quarantine',
    'recorder',
    'flight',
    'drain',
    'guards',
    'escapes',
    'triage',
  ],
  ...[
    'answer',
    'app-isolation.ts',
    'isolated-app.ts',
    'in-flight',
    'request',
    'sick',
    'leave',
    'blame',
    'systemd',
    'options',
    'deaths',
    'report',
    'log',
    'fastify',
    'uncaught',
    'isolation.ts',
  ],
  ...[
    'fault',
    'publish.ts',
    'listener-context.ts',
    'node-parts.ts',
    'whole-file.ts',
    'attempt.ts',
    'inspect-bounded.ts',
    'error-properties.ts',
    'holder.ts',
    'ignore-rejection.ts',
    'is-thenable.ts',
    'kill-process.ts',
    'load.ts',
  ],
  ...['of-all-objects.ts', 'settles-within.ts', 'start-of.ts', 'symbol-of.ts'],
  ...['version.ts', 'without-query.ts'],
]

const MOST_FILES = 15
const LARGEST_SHARE = 0.15

const files = new Map(
  readdirSync(SOURCE, { recursive: true })
    .map(String)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [path, readFileSync(join(SOURCE, path), 'utf8')]),
)

const partOf = (path: string): string => path.split('/')[0] as string

function importsOf(path: string): string[] {
  const found = (files.get(path) ?? '').matchAll(/(?:from|import\() ?'(\.[^']+)'/g)
  return Array.from(found, ([, target]) => normalize(join(dirname(path), target as string)))
}

test('every folder of the source has its place in the order, and its sentence on the page', () => {
  const parts = new Set(Array.from(files.keys(), partOf))
  assert.deepEqual([...parts].sort(), [...ORDER].sort())
  const page = readFileSync(PAGE, 'utf8')
  const places = ORDER.map((part) => page.indexOf(part.endsWith('.ts') ? `\`${part}\`` : `\`${part}/\``))
  assert.ok(!places.includes(-1), `not on the page: ${ORDER[places.indexOf(-1)]}`)
  assert.deepEqual(
    places.toSorted((a, b) => a - b),
    places,
    'the page has another order',
  )
})

test('no import runs upward', () => {
  const upward = [...files.keys()].flatMap((path) =>
    importsOf(path)
      .filter((target) => ORDER.indexOf(partOf(target)) < ORDER.indexOf(partOf(path)))
      .map((target) => `${path} imports ${target}`),
  )
  assert.deepEqual(upward, [])
})

test('no imports run in a circle', () => {
  const done = new Set<string>()
  const visit = (path: string, way: readonly string[]): void => {
    assert.ok(!way.includes(path), [...way, path].join(' imports '))
    if (done.has(path)) return
    for (const target of importsOf(path)) visit(target, [...way, path])
    done.add(path)
  }
  for (const path of files.keys()) visit(path, [])
})

test('no folder holds too much', () => {
  const lines = (paths: readonly string[]): number =>
    paths.reduce((sum, path) => sum + (files.get(path) ?? '').split('\n').length, 0)
  const total = lines([...files.keys()])
  for (const folder of ORDER.filter((part) => !part.endsWith('.ts'))) {
    const inside = [...files.keys()].filter((path) => partOf(path) === folder)
    assert.ok(inside.length <= MOST_FILES, `${folder} has ${inside.length} files`)
    const share = lines(inside) / total
    assert.ok(share <= LARGEST_SHARE, `${folder} has ${Math.round(share * 100)} % of the lines`)
  }
})
