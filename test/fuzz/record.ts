import { readFileSync } from 'node:fs'
import { writeBlock } from '../../scripts/page-block.ts'
import type { Ledger } from './ledger.ts'

const PAGE = new URL('../../docs/security.md', import.meta.url)
const START = '<!-- fuzz: npm run test:fuzz -- --record -->'
const END = '<!-- end of fuzz -->'
const HEAD = [
  '| Node | Seed | Minutes | Connections | Requests | Answered | Cut | Behind the end | Left | Violations |',
  '|---|---|---|---|---|---|---|---|---|---|',
]

/** Writes the line of a run into the page, in place of one with the same Node and seed. */
export function record(node: string, seed: number, seconds: number, { counts }: Ledger): void {
  const { connections, requests, answered, cut, unanswered, violations } = counts
  const left = requests - answered - cut - unanswered
  const figures = [connections, requests, answered, cut, unanswered, left, violations]
  const start = `| ${node.replace(/^v/, '')} | ${seed} |`
  const line = `${start} ${Math.round(seconds / 60)} | ${figures.join(' | ')} |`
  const text = readFileSync(PAGE, 'utf8')
  const others = text
    .slice(text.indexOf(START), text.indexOf(END))
    .split('\n')
    .filter((each) => /^\| \d/.test(each) && !each.startsWith(start))
  const lines = [...others, line].sort(new Intl.Collator('en', { numeric: true }).compare)
  writeBlock(PAGE, START, END, [...HEAD, ...lines].join('\n'))
}
