import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Says what is missing when that command cannot be run. */
export async function missingProgram(program: string, ...args: string[]): Promise<string | undefined> {
  try {
    await promisify(execFile)(program, args)
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? `${program} is not installed`
      : `${program} does not run: ${error}`
  }
}
