import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { traceOf } from '../fault/stack.ts'
import { clip } from '../fault/thrown.ts'

// The stack of an error is a text that anybody may have made, an upstream too, and youch reads the files that it
// names, prints some of it as HTML, and has no bounds of its own.

/** Frames of a page. */
const MAX_FRAMES = 50
/** Characters of one frame. */
const MAX_FRAME = 1024
/** Bytes of a source file. */
const MAX_SOURCE = 1024 * 1024
/** Characters of a line of source: that of a bundle may be as long as the bundle. */
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
 * The frames of an error's stack, one a line, at most 50, without the message: youch would take what looks like a
 * frame there for one. Never throws.
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

/** A `file:` URL that is no path of this machine would make youch throw. */
function withPath(frame: string): string {
  const [, before, url, after] = FRAME_WITH_URL.exec(frame) ?? []
  if (url === undefined) return frame
  try {
    return `${before}${fileURLToPath(url)}${after}`
  } catch {
    return `${before}${url.slice('file://'.length)}${after}`
  }
}

/** Reads the source of a frame: undefined for what is no source code, or is too long. Never rejects. */
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
    return undefined // it was never there, or is no more
  }
}

/** Makes a frame fit for youch, which expects each to have a file, and writes names into attributes as they are. */
export function mendFrame(frame: PageFrame): void {
  frame.type = frame.fileName === undefined ? 'native' : (frame.type ?? 'native')
  frame.fileName = withoutMarkup(frame.fileName ?? '<anonymous>')
  if (frame.functionName !== undefined) frame.functionName = withoutMarkup(frame.functionName)
  if (frame.source?.length === 0) delete frame.source // the file has changed since
  for (const line of frame.source ?? []) line.chunk = clip(line.chunk, MAX_SOURCE_LINE)
}

/** V8's own `<anonymous>` does no harm. */
function withoutMarkup(text: string): string {
  return text.replaceAll('"', "'").replace(/<(?!anonymous>)/g, '‹')
}
