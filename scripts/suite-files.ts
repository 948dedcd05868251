import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { TEST_TIMEOUT } from '../test/support/timeouts.ts'
import { TYPESCRIPT } from '../test/support/typescript-flags.ts'

/**
 * The flags of `node --test`. Three files run at once, because most of them spend their time waiting for a child
 * process.
 */
export const RUNNER: readonly string[] = [
  ...TYPESCRIPT,
  '--test',
  '--test-concurrency=3',
  `--test-timeout=${TEST_TIMEOUT}`,
]

/** The folders of `test` that are not part of the suite: they need the built package, a browser or other packages. */
const NOT_IN_SUITE: ReadonlySet<string> = new Set([
  'package',
  'browser',
  'recipes',
  'toolchains',
  'databases',
])

/** Returns the test files of a folder, or the path itself where it is a file. */
function testFilesAt(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(path, name))
}

/**
 * Returns the test files of the suite.
 *
 * @param root The folder of the project.
 */
export function suiteFiles(root: string): string[] {
  const folders = readdirSync(join(root, 'test')).filter((name) => !NOT_IN_SUITE.has(name))
  return [...folders.map((name) => join(root, 'test', name)), join(root, 'benchmarks')].flatMap(testFilesAt)
}

/**
 * What Node is started with to run tests of this project and to print how they went.
 *
 * @param places Test files and folders, by their paths. Default: the suite.
 * @param flags More flags for `node --test`.
 */
export function suiteArguments(places: readonly string[] = [], flags: readonly string[] = []): string[] {
  const files = places.length === 0 ? suiteFiles('.') : places.flatMap(testFilesAt)
  return [...RUNNER, '--test-reporter=spec', ...flags, ...files]
}
