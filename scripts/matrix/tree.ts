import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { CACHE, ROOT } from './cache.ts'
import { install } from './install.ts'

/** A compiled project with one version of Fastify. */
export interface Tree {
  readonly folder: string
  readonly fastify: string
}

const COMPILED = ['src', 'test', 'demo', 'benchmarks', 'scripts']
/** What tests read besides the compiled files. `package.json` also says that these are ES modules. */
const BESIDE = ['package.json', 'docs', 'README.md']

function fastifyIn(folder: string): string {
  const manifest = readFileSync(join(folder, 'node_modules', 'fastify', 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** The project as it is, with the installed Fastify. */
export function installedTree(): Tree {
  return { folder: ROOT, fastify: fastifyIn(ROOT) }
}

/**
 * A copy of the compiled project with another Fastify beside it. It lies inside of the project, so that every
 * other package resolves to the installed one. `6` stands for the newest 6, a pre-release too.
 */
export function treeWithFastify(wanted: string): Tree {
  const folder = join(CACHE, `fastify-${wanted}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  install(folder, `fastify@${wanted === '6' ? '^6.0.0-alpha.0' : wanted}`)
  for (const name of COMPILED) {
    const from = join(ROOT, 'build', name)
    if (existsSync(from)) cpSync(from, join(folder, 'build', name), { recursive: true })
  }
  for (const name of BESIDE) {
    if (existsSync(join(ROOT, name))) symlinkSync(join(ROOT, name), join(folder, name))
  }
  return { folder, fastify: fastifyIn(folder) }
}
