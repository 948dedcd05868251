/**
 * Writes the table of docs/runaways.md: lets every runaway run away on each supported Node, by the tests.
 *
 *     npm run docs:runaways
 *
 * Writes nothing when a test fails or a Node is missing.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { runaways } from '../test/fixtures/runaway-catalogue.ts'
import { TYPESCRIPT } from '../test/support/typescript-flags.ts'
import { type NodeBinary, nodeOf } from './matrix/node-binary.ts'
import { writeBlock } from './page-block.ts'

const NODES = ['20', '22', '24', '26']
const PAGE = 'docs/runaways.md'
const START = '<!-- table: npm run docs:runaways -->'
const END = '<!-- end of table -->'

const TITLES: Readonly<Record<keyof typeof runaways, string>> = {
  handlers: 'An endless loop',
  loops: 'Endless chains, and regular expressions that backtrack',
  natives: 'A loop of native calls',
  listeners: 'An endless loop in a listener or another context',
  callees: 'An endless loop that other code calls',
  stages: 'An endless loop in another part of the request',
  killed: 'One call of native code',
}
const WORDS: Readonly<Record<string, string>> = { ended: 'ended', killed: 'the process is killed' }

/** Returns what became of each runaway on one Node, by its name. */
function fates(node: NodeBinary): Map<string, string> {
  const files = Object.keys(runaways).map((group) =>
    fileURLToPath(new URL(`../test/runaway/${group}.test.ts`, import.meta.url)),
  )
  const args = [...TYPESCRIPT, '--test', '--test-concurrency=1', '--test-reporter=tap', ...files]
  const { status, stdout } = spawnSync(node.path, args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (status !== 0) throw new Error(`the tests fail on Node ${node.version}:\n${stdout}`)
  const found = stdout.matchAll(/# runaway \| (?<name>\S+) \| (?<fate>\w+)$/gm)
  return new Map(
    Array.from(found, ({ groups = {} }) => [`${groups.name}`, WORDS[`${groups.fate}`] ?? `${groups.fate}`]),
  )
}

/** Makes one row for all runaways of a group with the same fate on every Node. */
function tableOf(nodes: readonly NodeBinary[], all: readonly Map<string, string>[]): string {
  const lines = Object.entries(runaways).flatMap(([group, cases]) => {
    const rows = new Map<string, string[]>()
    for (const name of Object.keys(cases)) {
      const cells = all.map((one) => one.get(name) ?? 'not tested').join(' | ')
      rows.set(cells, [...(rows.get(cells) ?? []), name.replaceAll('-', ' ')])
    }
    return Array.from(
      rows,
      ([cells, names]) => `| **${TITLES[group as keyof typeof runaways]}**: ${names.join(', ')} | ${cells} |`,
    )
  })
  const head = `| What runs away | ${nodes.map(({ version }) => `Node ${version}`).join(' | ')} |`
  return [head, `|---|${'---|'.repeat(nodes.length)}`, ...lines].join('\n')
}

const nodes = NODES.map(nodeOf)
const table = tableOf(nodes, nodes.map(fates))
writeBlock(PAGE, START, END, table)
console.log(`${PAGE}: ${table.split('\n').length - 2} rows`)
