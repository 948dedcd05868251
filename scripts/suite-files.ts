import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** How `node --test` runs test files: most of them wait for a child process most of their time. */
export const RUNNER: readonly string[] = ['--test', '--test-concurrency=3', '--test-timeout=300000']

/** The folders of `test` that need more than a source: the built package, a browser, other packages. */
const APART: ReadonlySet<string> = new Set(['package', 'browser', 'recipes'])

/** The test files of a folder, or the one file that the path names. */
export function testFilesAt(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(path, name))
}

/**
 * The test files of the suite.
 *
 * @param root The folder of the project.
 */
export function suiteFiles(root: string): string[] {
  const folders = readdirSync(join(root, 'test')).filter((name) => !APART.has(name))
  return [...folders.map((name) => join(root, 'test', name)), join(root, 'benchmarks')].flatMap(testFilesAt)
}
