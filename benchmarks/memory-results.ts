import { readdirSync, readFileSync } from 'node:fs'
import { markdownTable } from 'markdown-table'

/** What `npm run bench:memory` writes. */
export interface MemoryResults {
  readonly node: string
  readonly date: string
  /** The heap after a forced collection, in megabytes, after so many requests. */
  readonly heaps: readonly { readonly requests: number; readonly heapMB: number }[]
  readonly differenceMB: number
}

/** The last results of each Node, oldest Node first. */
export function readMemory(folder: URL): MemoryResults[] {
  return readdirSync(folder)
    .filter((name) => /^memory-node\d+\.json$/.test(name))
    .map((name): MemoryResults => JSON.parse(readFileSync(new URL(name, folder), 'utf8')))
    .sort((a, b) => Number.parseInt(a.node.slice(1), 10) - Number.parseInt(b.node.slice(1), 10))
}

/** The heap at the tenth and at the end of each run. */
export function memoryTable(all: readonly MemoryResults[]): string {
  const rows = all.map(({ node, date, heaps, differenceMB }) => {
    const [first, last] = [heaps.at(0), heaps.at(-1)].map((heap) => `${heap?.heapMB.toFixed(1)} MB`)
    return [node.slice(1), date.slice(0, 10), first ?? '', last ?? '', `${differenceMB.toFixed(1)} MB`]
  })
  const titles = ['Node', 'on', 'at 100 000 requests', 'at 1 000 000', 'difference']
  return markdownTable([titles, ...rows], { align: ['l', 'l', 'r', 'r', 'r'] })
}
