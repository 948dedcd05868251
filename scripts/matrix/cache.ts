import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the project. */
export const ROOT: string = resolve(fileURLToPath(new URL('../..', import.meta.url)))

/** The folder for installed packages and logs of the matrix. */
export const CACHE: string = join(ROOT, 'build', 'matrix')
