import { existsSync, writeFileSync } from 'node:fs'
import { writeBlock } from '../scripts/page-block.ts'
import { chartOf } from './chart.ts'
import { type MemoryResults, memoryTable } from './memory-results.ts'
import { nameOf, type Results } from './results.ts'
import { aimsTable, caseTable } from './tables.ts'

const HERE = new URL('./', import.meta.url)
export const PAGE: URL = new URL('../docs/performance.md', HERE)

const BEGIN = '<!-- measured: begin -->'
const END = '<!-- measured: end -->'

function circumstances({ machine, isPinned, amount, command, date, versions }: Results): string {
  return [
    `\`${command}\` on ${date.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ` +
      `${machine.system}; the load of the minute before was ${machine.loadBefore}. ` +
      `${isPinned ? 'Client and servers shared one core' : 'No process was kept on a core'}. ` +
      `${amount.processes} processes of each server, ${amount.rounds} rounds in each, ${amount.requests} requests a round.`,
    '',
    `${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
  ].join('\n')
}

function nodeSection(results: Results): string {
  const chart = `CPU time for one request compared with bare Fastify on Node ${results.node}`
  const image = `![${chart}](../benchmarks/results/${nameOf(results)}.svg)`
  return [`### Node ${results.node}`, circumstances(results), image, caseTable(results.cases)].join('\n\n')
}

/** The measured part of `docs/performance.md`. */
export function measured(all: readonly Results[], memory: readonly MemoryResults[]): string {
  const heap = ['### The heap', memoryTable(memory)]
  return ['### The aims', aimsTable(all), ...heap, ...all.map(nodeSection)].join('\n\n')
}

/** Writes the measured part of the page. */
export function writePage(all: readonly Results[], memory: readonly MemoryResults[]): void {
  writeBlock(PAGE, BEGIN, END, measured(all, memory))
}

/** Draws the chart of one Node next to its results, where the packages that draw it are installed. */
export async function writeChart(results: Results, folder: URL): Promise<boolean> {
  if (!existsSync(new URL('node_modules/vega-lite/package.json', HERE))) return false
  const { draw } = (await import(new URL('draw.js', HERE).href)) as { draw(chart: object): Promise<string> }
  writeFileSync(new URL(`${nameOf(results)}.svg`, folder), `${(await draw(chartOf(results))).trim()}\n`)
  return true
}
