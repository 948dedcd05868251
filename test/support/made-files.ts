import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, relative } from 'node:path'
import { ROOT } from './markdown.ts'

/** A file that a test makes of code in the docs. */
export interface MadeFile {
  /** Its name with its ending, `.ts` or `.js`. */
  readonly name: string
  readonly source: string
}

export interface MadeFolder {
  /** Its name in `build`. An existing folder is replaced. */
  readonly folder: string
  readonly files: readonly MadeFile[]
  /** Files of the repository to check with them, by their paths in it. */
  readonly beside?: readonly string[]
  /** A folder of the repository whose `node_modules` they may import too, by its path. */
  readonly packagesOf?: string
  /** Options of the compiler besides those of the repository. */
  readonly compilerOptions?: Readonly<Record<string, boolean>>
}

/** Returns the path of a made file. */
export function madeFile(folder: string, name: string): string {
  return `${ROOT}build/${folder}/${name}`
}

/**
 * Writes code of the docs to files, which import the package from its source, and checks their types.
 *
 * @returns The errors of the compiler, empty without one.
 */
export function makeFiles({ folder, files, beside = [], packagesOf, compilerOptions }: MadeFolder): string {
  const place = `${ROOT}build/${folder}/`
  rmSync(place, { recursive: true, force: true })
  mkdirSync(place, { recursive: true })
  if (packagesOf !== undefined) symlinkSync(`${ROOT}${packagesOf}/node_modules`, `${place}node_modules`)
  for (const { name, source } of files) {
    const own = source
      .replaceAll("from 'fastify-isolate'", "from '../../src/index.ts'")
      .replaceAll("from 'fastify-isolate/redis'", "from '../../src/redis/redis-store.ts'")
    writeFileSync(place + basename(name), own)
  }
  const up = relative(place, ROOT)
  const config = {
    extends: `${up}/tsconfig.json`,
    compilerOptions: { allowJs: true, ...compilerOptions },
    include: [],
    files: [...files.map(({ name }) => name), ...beside.map((path) => `${up}/${path}`)],
  }
  writeFileSync(`${place}tsconfig.json`, JSON.stringify(config))
  try {
    execFileSync(process.execPath, [`${ROOT}node_modules/typescript/bin/tsc`, '-p', place], {
      encoding: 'utf8',
    })
    return ''
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout || error)
  }
}
