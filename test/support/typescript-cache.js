import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../../build/typescript/', import.meta.url))

/**
 * Returns the JavaScript of a TypeScript file. What this Node once made of the same text, in the same way, is kept in
 * `build`.
 *
 * @param url The URL of the file.
 * @param compile Makes JavaScript of its text.
 */
export function keptOr(url, compile) {
  const source = readFileSync(new URL(url), 'utf8')
  const key = createHash('sha1')
    .update(process.version + compile + url)
    .update(source)
    .digest('hex')
  const place = `${FOLDER}${key}.js`
  try {
    return readFileSync(place, 'utf8')
  } catch {
    const compiled = compile(source)
    keep(place, compiled)
    return compiled
  }
}

function keep(place, compiled) {
  // another process never reads a half of it
  const part = `${place}.${process.pid}`
  try {
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(part, compiled)
    renameSync(part, place)
  } catch {
    // a test may forbid its child process to write
  }
}
