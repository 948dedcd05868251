import { closeSync, openSync, writeSync } from 'node:fs'
import { END_AT, type EndMark, TEXT_BYTES } from './layout.ts'

/**
 * Writes the end of a process into its file, from a thread of which the recorder knows nothing.
 *
 * @throws Error Where the file cannot be written.
 */
export function writeEndMark(path: string, mark: EndMark): void {
  const bytes = Buffer.alloc(TEXT_BYTES)
  bytes.write(JSON.stringify(mark), 0, TEXT_BYTES - 1)
  const file = openSync(path, 'r+')
  try {
    writeSync(file, bytes, 0, bytes.length, END_AT)
  } finally {
    closeSync(file)
  }
}
