import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** Makes a folder, and removes it when the test ends. */
export function temporaryFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'isolate-'))
  // a process that has just been killed may have started one that still writes
  t.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 10 }))
  return path
}
