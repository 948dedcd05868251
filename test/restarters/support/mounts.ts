import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

/** Unmounts what an engine has left below a folder, so that it can be removed. */
export async function unmountBelow(folder: string): Promise<void> {
  const table = await readFile('/proc/self/mounts', 'utf8')
  const points = table.split('\n').map((line) => line.split(' ')[1] ?? '')
  const below = points.filter((point) => point.startsWith(folder + path.sep))
  // The innermost first.
  for (const point of below.reverse()) await promisify(execFile)('umount', ['--lazy', point])
}
