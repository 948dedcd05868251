import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { DOCS } from './repository.ts'

/**
 * Reads a configuration of the docs and replaces what a machine has to have its own of: paths and ports.
 *
 * @param file Its path below `docs/restarters`.
 * @param replacements What stands in the file, and what takes its place wherever it stands.
 * @throws {Error} When a text to replace is not in the file: the test would run something else than it says.
 */
export async function configuration(file: string, replacements: Record<string, string>): Promise<string> {
  let text = await readFile(path.join(DOCS, file), 'utf8')
  for (const [theirs, ours] of Object.entries(replacements)) {
    if (!text.includes(theirs)) throw new Error(`docs/restarters/${file} no longer holds ${theirs}`)
    text = text.replaceAll(theirs, ours)
  }
  return text
}
