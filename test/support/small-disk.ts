import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { temporaryFolder } from './folder.ts'

/** Mounts a disk of 64 kB until the test ends, and returns its folder; undefined where only root may. */
export function mountSmallDisk(t: TestContext): string | undefined {
  const undo: (() => void)[] = []
  // Before its folder is removed.
  t.after(() => undo.forEach((each) => void each()))
  const folder = temporaryFolder(t)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  undo.push(() => execFileSync('umount', [folder]))
  return folder
}

/** Fills a disk to the last byte. */
export function fillDisk(folder: string): void {
  try {
    writeFileSync(join(folder, 'filler'), Buffer.alloc(128 * 1_024))
  } catch {
    // What fits of it fills the disk.
  }
}
