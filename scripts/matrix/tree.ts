import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { CACHE, ROOT } from './cache.ts'
import { install } from './install.ts'

/** The project with one version of Fastify. */
export interface Tree {
  readonly folder: string
  readonly fastify: string
  /** Whether this is the project itself. */
  readonly isInstalled: boolean
}

/** Copied, since Node resolves a package from where a file really is. */
const PROGRAMS: ReadonlySet<string> = new Set(['src', 'test', 'demo', 'benchmarks', 'scripts'])
/** Every file that tests may read lies where it lay, except for what the copy has of its own. */
const OF_ITS_OWN: ReadonlySet<string> = new Set(['.git', 'build', 'dist', 'node_modules'])

function fastifyIn(folder: string): string {
  const manifest = readFileSync(join(folder, 'node_modules', 'fastify', 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** The project as it is, with the installed Fastify. */
export function installedTree(): Tree {
  return { folder: ROOT, fastify: fastifyIn(ROOT), isInstalled: true }
}

/**
 * A copy of the project with another Fastify beside it. It lies inside of the project, so that every
 * other package resolves to the installed one. `6` stands for the newest 6, a pre-release too.
 */
export function treeWithFastify(wanted: string): Tree {
  const folder = join(CACHE, `fastify-${wanted}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  install(folder, `fastify@${wanted === '6' ? '^6.0.0-alpha.0' : wanted}`)
  const filter = (path: string): boolean => basename(path) !== 'node_modules'
  for (const name of readdirSync(ROOT)) {
    if (OF_ITS_OWN.has(name)) continue
    if (PROGRAMS.has(name)) cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter })
    else symlinkSync(join(ROOT, name), join(folder, name))
  }
  // for what is asked for by its path, such as the compiler
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    const link = join(folder, 'node_modules', name)
    if (!existsSync(link)) symlinkSync(join(ROOT, 'node_modules', name), link)
  }
  return { folder, fastify: fastifyIn(folder), isInstalled: false }
}
