import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, extname, join, sep } from 'node:path'
import { attempt } from '../attempt.ts'

/** The variables in which a platform names what it runs. */
const VARIABLES: readonly string[] = [
  'SOURCE_VERSION',
  'HEROKU_SLUG_COMMIT',
  'K_REVISION',
  'CONTAINER_APP_REVISION',
  'GAE_VERSION',
  'FLY_IMAGE_REF',
  'RENDER_GIT_COMMIT',
  'RAILWAY_DEPLOYMENT_ID',
  'KAMAL_VERSION',
]

/** What a release changes. An app may write other files into its folder. */
const CODE: ReadonlySet<string> = new Set([
  '.js',
  '.cjs',
  '.mjs',
  '.ts',
  '.cts',
  '.mts',
  '.jsx',
  '.tsx',
  '.node',
  '.wasm',
])
/** How many files and folders are looked at. */
const MOST_ENTRIES = 2_000

/** Where a build is read from: the environment, the main module and the folder of the process. */
export interface BuildSource {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly main: string | undefined
  readonly folder: string
}

/**
 * Names the build of the app that runs: two releases have different names. By default what the platform says in
 * `SOURCE_VERSION`, `K_REVISION` and their like, and elsewhere the version in the app's package.json with the time of
 * the newest file of code in the main module's folder. Never throws.
 *
 * @param given What the user says it is; undefined for the default.
 */
export function buildOf(given: string | undefined, source: BuildSource = thisProcess()): string {
  if (given !== undefined) return given
  const named = VARIABLES.map((name) => source.env[name]).find((value) => value !== undefined && value !== '')
  if (named !== undefined) return named
  const folder = folderOf(source)
  const newest = attempt(() => newestCode(folder), 0)
  return `${versionAbove(folder)}+${new Date(newest).toISOString()}`
}

function thisProcess(): BuildSource {
  return { env: process.env, main: process.argv[1], folder: process.cwd() }
}

/** The folder of the main module; that of the process where a package such as fastify-cli starts the app. */
function folderOf({ main, folder }: BuildSource): string {
  return main === undefined || main.includes(`${sep}node_modules${sep}`) ? folder : dirname(main)
}

/** The version of the nearest package.json, in a folder or above it. */
function versionAbove(folder: string): string {
  const text = attempt(() => readFileSync(join(folder, 'package.json'), 'utf8'), undefined)
  const version: unknown = attempt(() => JSON.parse(text ?? 'null')?.version, undefined)
  if (typeof version === 'string') return version
  return dirname(folder) === folder ? '0.0.0' : versionAbove(dirname(folder))
}

/** When the newest file of code in a folder or below was changed, in milliseconds since the epoch; 0 without one. */
function newestCode(top: string): number {
  const folders = [top]
  let newest = 0
  let left = MOST_ENTRIES
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    const path = folder
    for (const entry of attempt(() => readdirSync(path, { withFileTypes: true }), [])) {
      if (--left < 0) return newest
      const inside = join(path, entry.name)
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && !entry.name.startsWith('.')) folders.push(inside)
      } else if (CODE.has(extname(entry.name))) {
        newest = Math.max(
          newest,
          attempt(() => statSync(inside).mtimeMs, 0),
        )
      }
    }
  }
  return newest
}
