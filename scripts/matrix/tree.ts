import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { CACHE, ROOT } from './cache.ts'
import { install } from './install.ts'

/** The project, or a copy of it with another version of Fastify. */
export interface Tree {
  readonly folder: string
  readonly fastify: string
  /** Whether this is the project itself. */
  readonly isInstalled: boolean
}

/** Folders that are copied and not linked, because Node resolves a package from the real path of a file. */
const COPIED: ReadonlySet<string> = new Set(['src', 'test', 'demo', 'benchmarks', 'scripts'])
/** Folders that the copy does not take from the project. Everything else is linked, because tests may read it. */
const NOT_TAKEN: ReadonlySet<string> = new Set(['.git', 'build', 'dist', 'node_modules'])

function fastifyIn(folder: string): string {
  const manifest = readFileSync(join(folder, 'node_modules', 'fastify', 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** The project as it is, with the installed Fastify. */
export function installedTree(): Tree {
  return { folder: ROOT, fastify: fastifyIn(ROOT), isInstalled: true }
}

/**
 * Makes a copy of the project with another Fastify. It lies inside of the project, so that every other package
 * resolves to the installed one. `6` stands for the newest 6, also a pre-release.
 */
export function treeWithFastify(wanted: string): Tree {
  const folder = join(CACHE, `fastify-${wanted}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  install(folder, `fastify@${wanted === '6' ? '^6.0.0-alpha.0' : wanted}`)
  const filter = (path: string): boolean => basename(path) !== 'node_modules'
  for (const name of readdirSync(ROOT)) {
    if (NOT_TAKEN.has(name)) continue
    if (COPIED.has(name)) cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter })
    else symlinkSync(join(ROOT, name), join(folder, name))
  }
  // links for programs that are started by their path, such as the compiler
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    const link = join(folder, 'node_modules', name)
    if (!existsSync(link)) symlinkSync(join(ROOT, 'node_modules', name), link)
  }
  return { folder, fastify: fastifyIn(folder), isInstalled: false }
}
