import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The parts of a `.cpuprofile` that are read here. Times are in microseconds of the monotonic clock. */
export interface CpuProfile {
  readonly startTime: number
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[]
  /** The node that was running at each sample. */
  readonly samples: readonly number[]
  /** How long after the sample before it each sample was taken. */
  readonly timeDeltas: readonly number[]
}

interface CallFrame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
  readonly columnNumber: number
}

/** How long one function was running itself. */
export interface SelfTime {
  readonly name: string
  /** Where it is: a file of this repository with its line, a package with its file, or `native`. */
  readonly place: string
  /** Whose it is: `this package`, the name of another package, `Node`, `garbage collection`, … */
  readonly owner: string
  /** In microseconds, all its calls together. */
  readonly micros: number
}

/** What waits for work, and what is neither JavaScript nor called by it: the event loop, the parser, the kernel. */
export const OUTSIDE: readonly string[] = ['(idle)', '(program)', '(root)']

/**
 * The time that each function took itself, longest first.
 *
 * @param from - When to start to count, in microseconds of the monotonic clock: the time to warm up is left out.
 * @param root - The folder of the repository, with a slash at its end.
 */
export function selfTimes(profile: CpuProfile, from: number, until: number, root: string): SelfTime[] {
  const microsOf = new Map<number, number>()
  let at = profile.startTime
  profile.samples.forEach((id, i) => {
    at += profile.timeDeltas[i] as number
    if (at < from || at >= until) return
    microsOf.set(id, (microsOf.get(id) ?? 0) + Math.max(0, profile.timeDeltas[i + 1] ?? 0))
  })
  const functions = new Map<string, SelfTime>()
  const placeOf = placer(root)
  for (const { id, callFrame } of profile.nodes) {
    const micros = microsOf.get(id)
    if (micros === undefined) continue
    const name = callFrame.functionName || '(anonymous)'
    const place = placeOf(callFrame)
    const key = `${name} ${place}`
    const before = functions.get(key)?.micros ?? 0
    functions.set(key, { name, place, owner: ownerOf(name, place), micros: before + micros })
  }
  return [...functions.values()].sort((a, b) => b.micros - a.micros)
}

/** Finds the place of a function in the source that a compiled file was made from. */
function placer(root: string): (frame: CallFrame) => string {
  const maps = new Map<string, SourceMap | undefined>()
  return ({ url, lineNumber, columnNumber }) => {
    if (url === '') return 'native'
    if (!url.startsWith('file:')) return `${url}:${lineNumber + 1}`
    const file = fileURLToPath(url)
    if (!maps.has(file)) maps.set(file, sourceMapOf(file))
    const entry = maps.get(file)?.findEntry(lineNumber, columnNumber)
    const isMapped = entry !== undefined && 'originalLine' in entry
    const source = isMapped ? resolve(dirname(file), entry.originalSource) : file
    const path = relative(root, source).replace(/^(?:.*\/)?node_modules\//, '')
    return `${path}:${(isMapped ? entry.originalLine : lineNumber) + 1}`
  }
}

function sourceMapOf(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')))
  } catch {
    return undefined // Packages come without.
  }
}

function ownerOf(name: string, place: string): string {
  if (name === '(garbage collector)') return 'garbage collection'
  if (OUTSIDE.includes(name)) return name
  if (place === 'native') return 'native functions'
  if (place.startsWith('node:')) return 'Node'
  if (/^(?:dist|src)\//.test(place)) return 'this package'
  if (/^benchmarks\//.test(place)) return 'the app'
  return /^(?:@[^/]+\/)?[^/]+/.exec(place)?.[0] ?? place
}
