import { existsSync, writeFileSync } from 'node:fs'
import { writeBlock } from '../scripts/page-block.ts'
import { chartOf } from './chart.ts'
import { type MemoryResults, memoryTable } from './memory-results.ts'
import { BESIDE, has, METRICS, type Metric, nameOf, type Results } from './results.ts'
import { type SelfTest, selfTestTable } from './self-test.ts'
import { aimsTable, caseTable } from './tables.ts'

const HERE = new URL('./', import.meta.url)
export const PAGE: URL = new URL('../docs/performance.md', HERE)

const BEGIN = '<!-- measured: begin -->'
const END = '<!-- measured: end -->'

function circumstances({ machine, isPinned, uncounted, amount, command, date, versions }: Results): string {
  return [
    `\`${command}\` on ${date.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ` +
      `${machine.system}; the load of the minute before was ${machine.loadBefore}. ` +
      `${isPinned ? 'Client and servers shared one core' : 'No process was kept on a core'}. ` +
      `${uncounted === null ? '' : `Instructions were not counted: \`${uncounted}\`. `}` +
      `${amount.processes} processes of each server, ${amount.rounds} rounds in each, ${amount.requests} requests a round.`,
    '',
    `${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
  ].join('\n')
}

/** A table of its own for what stands beside the CPU time, where it was measured. */
function titled({ cases }: Results, metric: Metric): string[] {
  return has(cases, metric) ? [`#### ${METRICS[metric].title}`, caseTable(cases, metric)] : []
}

function nodeSection(results: Results): string {
  const chart = `CPU time for one request compared with bare Fastify on Node ${results.node}`
  const image = `![${chart}](../benchmarks/results/${nameOf(results)}.svg)`
  return [
    `### Node ${results.node}`,
    circumstances(results),
    image,
    caseTable(results.cases),
    ...BESIDE.flatMap((metric) => titled(results, metric)),
  ].join('\n\n')
}

/** The measured part of `docs/performance.md`. */
export function measured(
  all: readonly Results[],
  memory: readonly MemoryResults[],
  selfTest: SelfTest | undefined,
): string {
  const method = selfTest && [
    '### The method',
    `\`npm run bench -- --self-test\` with Node ${selfTest.node} on ${selfTest.date.slice(0, 10)}:`,
    selfTestTable(selfTest),
  ]
  const heap = ['### The heap', memoryTable(memory)]
  return ['### The aims', aimsTable(all), ...(method ?? []), ...heap, ...all.map(nodeSection)].join('\n\n')
}

/** Writes the measured part of the page. */
export function writePage(...found: Parameters<typeof measured>): void {
  writeBlock(PAGE, BEGIN, END, measured(...found))
}

/** Draws the chart of one Node next to its results, where the packages that draw it are installed. */
export async function writeChart(results: Results, folder: URL): Promise<boolean> {
  if (!existsSync(new URL('node_modules/vega-lite/package.json', HERE))) return false
  const { draw } = (await import(new URL('draw.js', HERE).href)) as { draw(chart: object): Promise<string> }
  writeFileSync(new URL(`${nameOf(results)}.svg`, folder), `${(await draw(chartOf(results))).trim()}\n`)
  return true
}
