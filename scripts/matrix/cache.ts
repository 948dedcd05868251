import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the project. */
export const ROOT: string = resolve(fileURLToPath(new URL('../..', import.meta.url)))

/** Where the matrix keeps what it fetched, and its logs. */
export const CACHE: string = join(ROOT, 'build', 'matrix')
