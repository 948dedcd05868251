import assert from 'node:assert/strict'
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

/** What is found in the sources of a package, and what stands there instead. A `RegExp` has to be global. */
export type Edit = readonly [find: string | RegExp, replacement: string]

/** What a copy does not need to run. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'docs',
  'examples',
  'integration',
  'node_modules',
  'test',
  'types',
])

function sourcesOf(copy: string): string[] {
  const folders = ['.', 'lib'].filter((folder) => existsSync(join(copy, folder)))
  return folders.flatMap((folder) =>
    readdirSync(join(copy, folder))
      .filter((name) => name.endsWith('.js'))
      .map((name) => join(copy, folder, name)),
  )
}

/** Fails where an edit changes nothing. */
function applyEdit(sources: readonly string[], [find, replacement]: Edit): void {
  let hasChanged = false
  for (const path of sources) {
    const text = readFileSync(path, 'utf8')
    const edited = text.replaceAll(find, replacement)
    if (edited === text) continue
    writeFileSync(path, edited)
    hasChanged = true
  }
  assert.ok(hasChanged, `no source of the package has ${find}`)
}

/**
 * Copies an installed package into a folder and edits the copy, which finds its dependencies like the installed one.
 *
 * @returns What the copy exports.
 */
export function requireEdited<T>(folder: string, packageName: string, edits: readonly Edit[]): T {
  const installed = dirname(require.resolve(`${packageName}/package.json`))
  const copy = join(folder, basename(packageName))
  cpSync(installed, copy, {
    recursive: true,
    filter: (path) => path === installed || !LEFT_OUT.has(basename(path)),
  })
  const sources = sourcesOf(copy)
  for (const edit of edits) applyEdit(sources, edit)
  const link = (target: string, path: string): void => {
    if (existsSync(target) && !existsSync(path)) symlinkSync(target, path, 'junction')
  }
  link(join(installed, 'node_modules'), join(copy, 'node_modules'))
  link(installed.slice(0, -packageName.length - 1), join(folder, 'node_modules'))
  return require(copy) as T
}
