import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { attempt } from '../attempt.ts'
import { traceOf } from '../fault/stack.ts'
import { clip } from '../fault/thrown.ts'

// The stack of an error may come from an upstream or an attacker. youch reads the files that it names, prints parts
// of it as HTML, and limits nothing.

/** The most frames on a page. */
const MAX_FRAMES = 50
/** The most characters of a frame. */
const MAX_FRAME = 1024
/** The most bytes of a source file. */
const MAX_SOURCE = 1024 * 1024
/** The most characters of a line of source; a bundle may be one line. */
const MAX_SOURCE_LINE = 400

const IS_SOURCE = /\.(?:[cm]?[jt]sx?|vue|svelte|astro)$/
const FRAME_WITH_URL = /^(.*?\(?)(file:\/\/.*?)(:\d+:\d+\)?)$/

/** A frame as youch parses it. */
interface PageFrame {
  fileName?: string
  functionName?: string
  type?: 'native' | 'module' | 'app'
  source?: { chunk: string; lineNumber: number }[]
}

/**
 * Returns the frames of an error's stack, one a line, at most 50. Leaves out the message, in which youch would take
 * a line that looks like a frame for one. Never throws.
 */
export function pageStack(error: unknown): string {
  const frames: string[] = []
  for (const line of traceOf(error)
    .slice(0, MAX_FRAMES * MAX_FRAME)
    .split('\n')) {
    if (line.startsWith('    at ') && line.length <= MAX_FRAME) frames.push(withPath(line))
    if (frames.length === MAX_FRAMES) break
  }
  return frames.join('\n')
}

/** Replaces a `file:` URL with its path: youch throws on a URL that is not a path of this machine. */
function withPath(frame: string): string {
  const [, before, url, after] = FRAME_WITH_URL.exec(frame) ?? []
  if (url === undefined) return frame
  return `${before}${attempt(() => fileURLToPath(url), url.slice('file://'.length))}${after}`
}

/**
 * Reads the source of a frame. Returns undefined for a file that is not source code, or is too long. Never rejects.
 */
export async function pageSource({
  fileName = '',
  type,
}: PageFrame): Promise<{ contents: string } | undefined> {
  if (type === 'native' || !IS_SOURCE.test(fileName)) return undefined
  try {
    const found = await stat(fileName)
    if (!found.isFile() || found.size > MAX_SOURCE) return undefined
    return { contents: await readFile(fileName, 'utf8') }
  } catch {
    return undefined // the file does not exist, or was removed
  }
}

/** Adapts a frame to youch, which expects a file in each frame and does not escape names in attributes. */
export function mendFrame(frame: PageFrame): void {
  frame.type = frame.fileName === undefined ? 'native' : (frame.type ?? 'native')
  frame.fileName = withoutMarkup(frame.fileName ?? '<anonymous>')
  if (frame.functionName !== undefined) frame.functionName = withoutMarkup(frame.functionName)
  if (frame.source?.length === 0) delete frame.source // the file has changed since
  for (const line of frame.source ?? []) line.chunk = clip(line.chunk, MAX_SOURCE_LINE)
}

/** Replaces quotes and `<`, except in V8's own `<anonymous>`, which is harmless. */
function withoutMarkup(text: string): string {
  return text.replaceAll('"', "'").replace(/<(?!anonymous>)/g, '‹')
}
