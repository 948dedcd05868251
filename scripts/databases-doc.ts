/**
 * Writes the tables of docs/databases.md: lets errors escape from real drivers on each supported Node, and crashes
 * PostgreSQL under a fleet.
 *
 *     npm run docs:databases
 *
 * Records the results in test/databases/results.json, with which `npm run test:databases` compares its own. Fails
 * where a server is not installed.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { markdownTable } from 'markdown-table'
import { type FleetResult, runFleet } from '../test/databases/fleet.ts'
import { OPENED, type Result } from '../test/databases/measure.ts'
import { TYPESCRIPT } from '../test/support/typescript-flags.ts'
import { nodeOf } from './matrix/node-binary.ts'
import { writeBlock } from './page-block.ts'

const PAGE = 'docs/databases.md'
const END = '<!-- end -->'
const RESULTS = 'test/databases/results.json'
const MEASURE = fileURLToPath(new URL('../test/databases/measure.ts', import.meta.url))
/** Nodes, and the one flag that changes how contexts are kept. */
const RUNS = ['20', '22', '24', '26', '24 --no-async-context-frame'] as const
/** How often each kind of fleet goes through the crash. */
const CRASHES = 3

/** What one run of `measure.ts` found, by the name of the run. */
type Runs = Readonly<Record<string, readonly Result[]>>

function measureOn(run: string): readonly Result[] {
  const [major = '', flag = ''] = run.split(' ')
  const node = nodeOf(major)
  const { status, stdout } = spawnSync(node.path, [...TYPESCRIPT, MEASURE], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: flag },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`${MEASURE} failed on Node ${run}`)
  console.log(`Node ${run}: measured`)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Result)
}

/** `its request`, `nobody`, … and what became of the request that had opened the connection. */
function cell(result: Result | undefined): string {
  if (result === undefined) return ''
  const { found, opener } = result
  const isHurt = opener !== undefined && opener !== 200
  return isHurt ? `**${found}: ${opener}**` : found
}

/** What a driver's file cannot be named after. */
const NAMES: Readonly<Record<string, string>> = {
  'mysql2-connection': 'mysql2 (one connection)',
  'mariadb-callback': 'mariadb/callback',
}

/** One row for all drivers and Nodes with the same results of one use. */
function driversTable(runs: Runs): string {
  const rows = new Map<string, Map<string, string[]>>()
  for (const [run, results] of Object.entries(runs)) {
    for (const { driver, use } of results.filter(({ opened }) => opened === 'boot')) {
      const cells = OPENED.map((opened) =>
        cell(results.find((one) => one.driver === driver && one.use === use && one.opened === opened)),
      )
      const key = [use, ...cells].join('|')
      const byRun = rows.get(key) ?? new Map<string, string[]>()
      rows.set(key, byRun.set(run, [...(byRun.get(run) ?? []), NAMES[driver] ?? driver]))
    }
  }
  const lines = [...rows].flatMap(([key, byRun]) => {
    const [use = '', ...cells] = key.split('|')
    const byDrivers = new Map<string, string[]>()
    for (const [run, drivers] of byRun) {
      const names = drivers.join(', ')
      byDrivers.set(names, [...(byDrivers.get(names) ?? []), run])
    }
    return [...byDrivers].map(([drivers, names]) => [use, drivers, nodesOf(names), ...cells])
  })
  const order = [...new Set(lines.map(([use]) => use))]
  lines.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
  const head = ['Use', 'Driver', 'Node', 'opened at boot', 'by a finished request', 'by one in flight']
  return markdownTable([head, ...lines])
}

function nodesOf(runs: readonly string[]): string {
  return runs.length === RUNS.length ? 'all' : runs.map((run) => run.replace(/ (.+)/, ' `$1`')).join(', ')
}

async function fleetTable(): Promise<string> {
  const rows: string[][] = []
  for (const mode of ['bare', 'fatal', 'isolate()'] as const) {
    const results: FleetResult[] = []
    for (let i = 0; i < CRASHES; i += 1) results.push(await runFleet(mode))
    const sum = (of: (result: FleetResult) => number): number =>
      results.reduce((total, result) => total + of(result), 0)
    const away = Math.max(...results.map((result) => result.away))
    rows.push([
      { bare: 'bare Fastify', fatal: '`isolate()`, errors of nobody fatal', 'isolate()': '`isolate()`' }[
        mode
      ],
      `${sum(({ plainLost }) => plainLost)} of ${sum(({ plain }) => plain)}`,
      `${sum(({ exits }) => exits)}`,
      `${(away / 1000).toFixed(1)} s`,
    ])
    console.log(rows.at(-1)?.join('  '))
  }
  return markdownTable([
    ['', 'lost on routes without a database', 'exits', 'whole fleet away, at most'],
    ...rows,
  ])
}

/** The versions of the drivers, from what is installed. */
function versions(): string {
  const require = createRequire(new URL('../test/databases/package.json', import.meta.url))
  const { dependencies } = require('./package.json') as { dependencies: Record<string, string> }
  return Object.entries(dependencies)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
}

const startOf = (table: string): string => `<!-- ${table}: npm run docs:databases -->`

const runs: Runs = Object.fromEntries(RUNS.map((run) => [run, measureOn(run)]))
writeBlock(PAGE, startOf('drivers'), END, `${driversTable(runs)}\n\nWith ${versions()}.`)
writeBlock(PAGE, startOf('fleet'), END, await fleetTable())
writeFileSync(RESULTS, `${JSON.stringify(runs, null, 2)}\n`)
process.exit()
