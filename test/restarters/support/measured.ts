import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { DOCS } from './repository.ts'

/** What a test run measured of one restarter. */
export interface Measured {
  /** The Node.js that ran the app. */
  readonly node: string
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
export function measuredBlock({ node, scenarios }: Measured): string {
  const lines = Object.entries(scenarios).map(([name, measured]) => `- ${name}: ${measured}.`)
  return [BEGIN, '', `With Node.js ${node}:`, '', ...lines, '', END].join('\n')
}

/** Writes what was measured into `measured.json` and into the page. */
export async function record(restarter: string, measured: Measured): Promise<void> {
  const all = await readMeasured().catch(() => ({}))
  const sorted = Object.entries({ ...all, [restarter]: measured }).sort(([a], [b]) => a.localeCompare(b))
  await writeFile(FILE, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`)
  const page = path.join(DOCS, `${restarter}.md`)
  const text = await readFile(page, 'utf8')
  const begin = text.indexOf(BEGIN)
  const end = text.indexOf(END)
  if (begin === -1 || end === -1) throw new Error(`${page} has no block for what was measured`)
  await writeFile(page, text.slice(0, begin) + measuredBlock(measured) + text.slice(end + END.length))
}
