import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { cp, mkdtemp, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { REPOSITORY } from './repository.ts'
import type { StagedApp } from './staged-app.ts'

/** The program `fastify-isolate`, from the folder of an app. */
export const CLI = 'node_modules/fastify-isolate/dist/cli.js'

/** Runs it for an app of this machine, and resolves with what it printed. */
export async function installedCli(app: StagedApp, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(app.app, CLI), ...args])
  return stdout
}

/**
 * Makes a `node_modules` with the built package, Fastify, and all that they need: copies, since no registry is asked
 * for a test. The files are links to those of the first one of this process, and only to be read.
 */
export async function installLibrary(modules: string): Promise<void> {
  template ??= makeTemplate()
  await promisify(execFile)('cp', ['--archive', '--link', await template, modules])
}

let template: Promise<string> | undefined

async function makeTemplate(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'isolate-library-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const modules = path.join(folder, 'node_modules')
  const own = path.join(modules, 'fastify-isolate')
  await cp(path.join(REPOSITORY, 'dist'), path.join(own, 'dist'), { recursive: true })
  await cp(path.join(REPOSITORY, 'package.json'), path.join(own, 'package.json'))
  const copied = new Set<string>()
  await copyDependencies(REPOSITORY, ['fastify', ...(await dependenciesOf(REPOSITORY))], modules, copied)
  return modules
}

async function dependenciesOf(folder: string): Promise<string[]> {
  const { dependencies = {} } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'))
  return Object.keys(dependencies)
}

async function copyDependencies(
  from: string,
  names: string[],
  modules: string,
  copied: Set<string>,
): Promise<void> {
  const find = createRequire(path.join(from, 'package.json'))
  for (const name of names) {
    const source = find.resolve.paths(name)?.map((folder) => path.join(folder, name))
    const found = await firstPackage(source ?? [])
    if (copied.has(found)) continue
    copied.add(found)
    // A second version of a package lies below the one that needs it, as npm would have it.
    const nested = path.relative(path.join(REPOSITORY, 'node_modules'), found)
    await cp(found, path.join(modules, nested), {
      recursive: true,
      filter: (file) =>
        path.basename(file) !== 'node_modules' && !/\.(?:[cm]?ts|map|md)$|\/tests?$/.test(file),
    })
    await copyDependencies(found, await dependenciesOf(found), modules, copied)
  }
}

async function firstPackage(folders: string[]): Promise<string> {
  for (const folder of folders) {
    const there = await readFile(path.join(folder, 'package.json')).then(
      () => true,
      () => false,
    )
    if (there) return folder
  }
  throw new Error(`Not installed: ${folders[0]}`)
}
