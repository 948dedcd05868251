import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { writeBlock } from '../../../scripts/page-block.ts'
import { programVersion } from './program-version.ts'
import { DOCS } from './repository.ts'

/** What a test run measured of one restarter. */
export interface Measured {
  /** The Node.js that ran the app. */
  readonly node: string
  /** The program that ran it, with its version: `systemd 252`. */
  readonly program?: string
  /** When it was recorded: `2026-11-29`. */
  readonly date?: string
  readonly scenarios: Readonly<Record<string, string>>
}

/** By the name of the restarter, which is that of its page. */
export type AllMeasured = Readonly<Record<string, Measured>>

const FILE = path.join(DOCS, 'measured.json')
const BEGIN = '<!-- measured: npm run test:restarters -- --record -->'
const END = '<!-- /measured -->'

/** What was recorded last. */
export async function readMeasured(): Promise<AllMeasured> {
  return JSON.parse(await readFile(FILE, 'utf8'))
}

/** The block of a page that shows what was measured. */
export function measuredBlock(measured: Measured): string {
  return [BEGIN, describe(measured), END].join('\n\n')
}

function describe({ node, program, date, scenarios }: Measured): string {
  const lines = Object.entries(scenarios).map(([name, measured]) => `- ${name}: ${measured}.`)
  const by = program === undefined ? '' : ` and ${program}`
  const on = date === undefined ? '' : `, on ${date}`
  return [`With Node.js ${node}${by}${on}:`, '', ...lines].join('\n')
}

/** The table of README.md that says what was seen of each restarter, with what and when. */
export function seenTable(all: AllMeasured): string {
  const rows = Object.entries(all).map(
    ([restarter, { node, program = '', date = '', scenarios }]) =>
      `| [${restarter}](${restarter}.md#measured) | ${program} | ${node} | ${date} | ${Object.keys(scenarios).join('; ')} |`,
  )
  return [
    '| Page | Program | Node.js | Recorded on | Scenarios, all passed |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

/** Writes what was measured into `measured.json`, into the page, and into the table of README.md. */
export async function record(restarter: string, measured: Measured): Promise<void> {
  const program = measured.program ?? (await programVersion(restarter))
  const date = new Date().toISOString().slice(0, 10)
  const { node, scenarios } = measured
  const dated = { node, ...(program !== undefined && { program }), date, scenarios }
  const all = await readMeasured().catch(() => ({}))
  const sorted = Object.fromEntries(
    Object.entries({ ...all, [restarter]: dated }).sort(([a], [b]) => a.localeCompare(b)),
  )
  await writeFile(FILE, `${JSON.stringify(sorted, null, 2)}\n`)
  writeBlock(path.join(DOCS, `${restarter}.md`), BEGIN, END, describe(dated))
  writeBlock(path.join(DOCS, 'README.md'), BEGIN, END, seenTable(sorted))
}
