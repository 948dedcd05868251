/**
 * Runs the suite on other Node versions and other Fastify versions, and prints each result.
 *
 *     npm run test:matrix
 *     npm run test:matrix -- --node 22 --node 26 --fastify 5.11.2 --fastify 6
 *     npm run test:matrix -- --pair 22:5.11.2 --pair 24:6 --pair 26:installed
 *
 * Every Node runs the suite with the installed Fastify; every other Fastify runs on the oldest and the newest of
 * these Nodes that it supports. `--pair` runs exactly one combination. Nothing is retried. The exit code is 1 if
 * anything failed.
 */
import { parseArgs } from 'node:util'
import { findNode, type NodeBinary } from './matrix/node-binary.ts'
import { runSuite, type SuiteResult } from './matrix/run-suite.ts'
import { installedTree, type Tree, treeWithFastify } from './matrix/tree.ts'

const NODES = ['20', '22', '24', '26']
const FASTIFYS = ['5.11.2', '6']

interface Row {
  readonly node: string
  readonly fastify: string
  readonly result: SuiteResult | { readonly skipped: string }
}

function print(row: Row): void {
  const { result } = row
  const what =
    'skipped' in result
      ? `skipped: ${result.skipped}`
      : `${result.ok ? 'passed' : 'FAILED'}: ${result.passed} passed, ${result.failed} failed, ${result.skippedTests} skipped, ${result.seconds} s`
  console.log(`${`Node ${row.node}`.padEnd(16)}${`Fastify ${row.fastify}`.padEnd(24)}${what}`)
}

function run(node: NodeBinary, tree: Tree): Row {
  const result = runSuite(node, tree)
  if (!result.ok) console.log(`\n${result.failures}\n`)
  return { node: node.version, fastify: tree.fastify, result }
}

/** Returns the oldest and the newest of the Nodes that this Fastify supports. */
function endsOf(nodes: NodeBinary[], fastify: string): NodeBinary[] {
  const supported = nodes.filter((node) => node.major >= (fastify.startsWith('6') ? 24 : 20))
  return [...new Set([supported.at(0), supported.at(-1)])].filter((node) => node !== undefined)
}

const { values } = parseArgs({
  options: {
    node: { type: 'string', multiple: true },
    fastify: { type: 'string', multiple: true },
    pair: { type: 'string', multiple: true },
  },
})
const pairs = (values.pair ?? []).map((pair) => pair.split(':') as [node: string, fastify: string])
const isDefault = values.node === undefined && values.fastify === undefined && pairs.length === 0
const thisNode = process.versions.node.split('.')[0] as string
const wantedNodes = values.node ?? (isDefault ? NODES : values.fastify === undefined ? [] : [thisNode])
const wantedFastifys = values.fastify ?? (isDefault ? FASTIFYS : [])

const rows: Row[] = []
const record = (row: Row): void => {
  rows.push(row)
  print(row)
}

const nodes: NodeBinary[] = []
for (const wanted of wantedNodes) {
  const found = findNode(wanted)
  if ('missing' in found) record({ node: wanted, fastify: 'any', result: { skipped: found.missing } })
  else nodes.push(found)
}
nodes.sort((a, b) => a.major - b.major)

const installed = installedTree()
if (values.node !== undefined || isDefault) for (const node of nodes) record(run(node, installed))
for (const wanted of wantedFastifys) {
  const ends = endsOf(nodes, wanted)
  if (ends.length === 0) {
    record({ node: 'none', fastify: wanted, result: { skipped: 'it runs on none of the given Nodes' } })
    continue
  }
  const tree = treeWithFastify(wanted)
  for (const node of ends) record(run(node, tree))
}

for (const [wantedNode, wantedFastify] of pairs) {
  const node = findNode(wantedNode)
  if ('missing' in node) {
    record({ node: wantedNode, fastify: wantedFastify, result: { skipped: node.missing } })
  } else {
    record(run(node, wantedFastify === 'installed' ? installed : treeWithFastify(wantedFastify)))
  }
}

console.log('\nSummary')
for (const row of rows) print(row)
const hasFailed = rows.some(({ result }) => 'ok' in result && !result.ok)
const hasRun = rows.some(({ result }) => 'ok' in result)
if (!hasRun) console.log('Nothing ran.')
process.exitCode = hasFailed || !hasRun ? 1 : 0
