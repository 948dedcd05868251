import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { DOCS, REPOSITORY } from './repository.ts'

/** The app of the docs, installed in a folder of its own as a user would have it. */
export interface StagedApp {
  /** Everything of this test is below it. It holds `app/` and `reports/`. */
  readonly folder: string
  /** `server.js`, `package.json` and `node_modules`. */
  readonly app: string
  /** Where the app's crash reports go. */
  readonly reports: string
  /** A free port of 127.0.0.1. */
  readonly port: number
  remove(): Promise<void>
}

/**
 * @param boot Statements that run before the server listens, for an app that cannot start. They may use `await`
 *   and `FatalError`.
 */
export async function stageApp(boot = ''): Promise<StagedApp> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'isolate-restarter-'))
  const app = path.join(folder, 'app')
  const reports = path.join(folder, 'reports')
  await mkdir(reports)
  await cp(path.join(DOCS, 'app'), app, { recursive: true })
  if (boot !== '') {
    const server = path.join(app, 'server.js')
    const text = await readFile(server, 'utf8')
    const listen = 'await app.listen('
    if (!text.includes(listen)) throw new Error(`docs/restarters/app/server.js no longer says ${listen}`)
    await writeFile(server, text.replace(listen, `${boot}\n${listen}`))
  }
  await installLibrary(path.join(app, 'node_modules'))
  return {
    folder,
    app,
    reports,
    port: await freePort(),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Copies the built package and Fastify with all that they need, since no registry is asked for a test. */
async function installLibrary(modules: string): Promise<void> {
  const own = path.join(modules, 'fastify-isolate')
  await cp(path.join(REPOSITORY, 'dist'), path.join(own, 'dist'), { recursive: true })
  await cp(path.join(REPOSITORY, 'package.json'), path.join(own, 'package.json'))
  const copied = new Set<string>()
  await copyDependencies(REPOSITORY, ['fastify', ...(await dependenciesOf(REPOSITORY))], modules, copied)
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
      filter: (file) => path.basename(file) !== 'node_modules',
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
