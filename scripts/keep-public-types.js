/**
 * Removes from `dist` the types that no public type refers to, so that the package holds only what a user can
 * import.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

const RELATIVE_IMPORT = /['"](\.\.?\/[^'"]+)\.(?:ts|js)['"]/g
const kept = new Set()
const toVisit = [join('dist', 'index.d.ts')]

for (let file = toVisit.pop(); file !== undefined; file = toVisit.pop()) {
  if (kept.has(file)) continue
  kept.add(file)
  for (const [, path] of readFileSync(file, 'utf8').matchAll(RELATIVE_IMPORT)) {
    toVisit.push(join(dirname(file), `${path}.d.ts`))
  }
}

for (const path of readdirSync('dist', { recursive: true })) {
  const file = join('dist', String(path))
  if (file.endsWith('.d.ts') && !kept.has(file)) rmSync(file)
}
