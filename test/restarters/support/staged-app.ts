import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { freePort } from '../../support/free-port.ts'
import { installLibrary } from './installed-library.ts'
import { DOCS } from './repository.ts'

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
  /** Flags for Node, before the program: only a restarter whose scenarios need them heeds them. */
  readonly nodeFlags: readonly string[]
  remove(): Promise<void>
}

/** How an app differs from that of the docs. */
export interface Staging {
  /** Statements that run before the server listens: more routes, or what cannot start. They may use `await`. */
  readonly boot?: string
  /** More options of `isolate()`, as they stand in its object. */
  readonly options?: string
  readonly nodeFlags?: readonly string[]
}

export async function stageApp({ boot = '', options = '', nodeFlags = [] }: Staging): Promise<StagedApp> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'isolate-restarter-'))
  const app = path.join(folder, 'app')
  const reports = path.join(folder, 'reports')
  await mkdir(reports)
  await cp(path.join(DOCS, 'app'), app, { recursive: true })
  const server = path.join(app, 'server.js')
  const listen = 'await app.listen('
  if (boot !== '') await edit(server, listen, `${boot}\n${listen}`)
  if (options !== '') await edit(server, 'isolate({', `isolate({ ${options},`)
  await installLibrary(path.join(app, 'node_modules'))
  return {
    folder,
    app,
    reports,
    port: await freePort(),
    nodeFlags,
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}

async function edit(file: string, find: string, replacement: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  if (!text.includes(find)) throw new Error(`docs/restarters/app/server.js no longer says ${find}`)
  await writeFile(file, text.replace(find, replacement))
}
