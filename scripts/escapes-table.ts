/**
 * Writes the table of docs/escapes.md: runs the tests of escapes on each supported Node, and reads from their
 * results to which request each escape was assigned.
 *
 *     npm run docs:escapes
 *
 * Writes nothing when a test fails or a Node is missing.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { TYPESCRIPT } from '../test/support/typescript-flags.ts'
import { type NodeBinary, nodeOf } from './matrix/node-binary.ts'
import { writeBlock } from './page-block.ts'

const NODES = ['20', '22', '24', '26']
const TESTS = ['escapes/escapes', 'escapes/without-request', 'escapes/find-request', 'escapes/web-socket']
const PAGE = 'docs/escapes.md'
const START = '<!-- table: npm run docs:escapes -->'
const END = '<!-- end of table -->'

const TITLES: Record<string, string> = {
  rejections: 'Rejection',
  timers: 'Throw in a timer or tick',
  callbacks: 'Throw in a callback or listener of',
  messages: 'Around the request and the response',
  WebSockets: 'WebSocket',
  pools: 'Connection pool',
}
const WORDS: Record<string, string> = {
  context: 'its request',
  call: 'its request',
  none: 'nobody',
  wrong: '**the wrong one**',
}

/** Returns the result of each escape on one Node, by `group | name`. */
function results(node: NodeBinary): Map<string, string> {
  const files = TESTS.map((name) => fileURLToPath(new URL(`../test/${name}.test.ts`, import.meta.url)))
  const { status, stdout } = spawnSync(
    node.path,
    [...TYPESCRIPT, '--test', '--test-reporter=tap', ...files],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  )
  if (status !== 0) throw new Error(`the tests fail on Node ${node.version}:\n${stdout}`)
  const found = stdout.matchAll(/# escape \| (?<group>.+?) \| (?<name>.+?) \| (?<to>\w+)$/gm)
  return new Map(
    Array.from(found, ({ groups = {} }) => [
      `${groups.group} | ${groups.name}`,
      WORDS[groups.to ?? ''] ?? `${groups.to}`,
    ]),
  )
}

/** Makes one row for all escapes of a group with the same results on every Node. */
function tableOf(nodes: NodeBinary[], all: Map<string, string>[]): string {
  const rows = new Map<string, string[]>()
  for (const key of all[0]?.keys() ?? []) {
    const [group = '', name = ''] = key.split(' | ')
    const cells = all.map((one) => one.get(key) ?? 'not tested')
    const row = `${group} | ${cells.join(' | ')}`
    rows.set(row, [...(rows.get(row) ?? []), name.replaceAll('-', ' ')])
  }
  const order = Object.keys(TITLES)
  const sorted = [...rows].sort(
    ([a], [b]) => order.indexOf(a.split(' | ')[0]!) - order.indexOf(b.split(' | ')[0]!),
  )
  const lines = sorted.map(([row, names]) => {
    const [group = '', ...cells] = row.split(' | ')
    return `| **${TITLES[group] ?? group}**: ${names.join(', ')} | ${cells.join(' | ')} |`
  })
  const head = `| What escapes | ${nodes.map((node) => `Node ${node.version}`).join(' | ')} |`
  return [head, `|---|${'---|'.repeat(nodes.length)}`, ...lines].join('\n')
}

const nodes = NODES.map(nodeOf)
const table = tableOf(nodes, nodes.map(results))
writeBlock(PAGE, START, END, table)
console.log(`${PAGE}: ${table.split('\n').length - 2} rows`)
