import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { anchorOf } from '../../scripts/anchor.ts'

/** The repository. */
export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url))

/** A fenced block of code. */
export interface Block {
  /** The page's path in the repository. */
  readonly page: string
  /** The number of its first line of code. */
  readonly line: number
  /** The nearest heading above it, empty where there is none. */
  readonly heading: string
  /** The language after the fence: `ts`, `sh`; empty without one. */
  readonly language: string
  readonly code: string
  /** The reason in `<!-- not run: reason -->` right before it. */
  readonly notRun: string | undefined
}

/** A link of a page. */
export interface Link {
  readonly page: string
  readonly line: number
  readonly target: string
}

/** The pages of the documentation, by their paths in the repository. */
export function pages(): string[] {
  const inDocs = readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' })
  const named = readdirSync(ROOT).concat(inDocs.map((name) => `docs/${name.replaceAll('\\', '/')}`))
  return named.filter((name) => name.endsWith('.md')).sort()
}

function headingIn(text: string): string | undefined {
  return /^#{1,6}\s+(.+?)\s*#*$/.exec(text)?.[1]
}

interface Split {
  readonly blocks: readonly Block[]
  /** The page's lines; lines of code blocks and comments are empty. */
  readonly prose: readonly string[]
}

function split(page: string): Split {
  const blocks: Block[] = []
  const prose: string[] = []
  let open: (Omit<Block, 'page' | 'code'> & { fence: string; code: string[] }) | undefined
  let notRun: string | undefined
  let heading = ''
  for (const [index, text] of readFileSync(ROOT + page, 'utf8')
    .split('\n')
    .entries()) {
    const fence = /^\s*(`{3,}|~{3,})\s*([\w-]*)/.exec(text)
    if (open !== undefined) {
      if (fence?.[1] === open.fence && fence[2] === '') {
        const { fence: _fence, ...block } = open
        blocks.push({ page, ...block, code: `${open.code.join('\n')}\n` })
        open = undefined
      } else open.code.push(text)
    } else if (fence?.[1] !== undefined) {
      open = { fence: fence[1], language: fence[2] ?? '', line: index + 2, heading, code: [], notRun }
    } else heading = headingIn(text) ?? heading
    const isProse = open === undefined && fence === null
    prose.push(isProse ? text.replace(/<!--.*?-->/g, '') : '')
    if (text.trim() !== '') notRun = /^<!-- not run: (.+) -->$/.exec(text.trim())?.[1]
  }
  if (open !== undefined) throw new Error(`${page}:${open.line}: the block of code has no end`)
  return { blocks, prose }
}

/** Returns the blocks of code of a page. */
export function blocksOf(page: string): readonly Block[] {
  return split(page).blocks
}

/** Returns the links of a page, also those of pictures and references. */
export function linksOf(page: string): Link[] {
  const links: Link[] = []
  for (const [index, text] of split(page).prose.entries()) {
    const plain = text.replace(/(`+)[^`]*?\1/g, '')
    const patterns = [/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g, /^\s*\[[^\]]+\]:\s*(\S+)/g, /(?:href|src)="([^"]+)"/g]
    for (const pattern of patterns) {
      for (const [, target] of plain.matchAll(pattern)) {
        if (target !== undefined) links.push({ page, line: index + 1, target })
      }
    }
  }
  return links
}

/** Returns the anchors of a page. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  const seen = new Map<string, number>()
  for (const text of split(page).prose) {
    for (const [, id] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) if (id !== undefined) anchors.add(id)
    const heading = headingIn(text)
    if (heading === undefined) continue
    const anchor = anchorOf(heading)
    const count = seen.get(anchor) ?? 0
    seen.set(anchor, count + 1)
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`)
  }
  return anchors
}
