/**
 * What this plugin costs beside bare Fastify and other servers: the CPU time of the server process for one request in
 * its quietest rounds, as ratios to bare Fastify, and what the plugin adds to the start of an app.
 *
 *     npm run bench -- [--node 24]... [--case NAME]... [--variant NAME]... [--processes 12] [--rounds 24]
 *                      [--requests 300] [--out FOLDER] [--record] [--page] [--self-test]
 *
 * `--node` takes a major version or a path, and may be given several times. A run is printed; `--record` measures
 * everything on Node 20, 22, 24 and 26, keeps that in `benchmarks/results` and shows it in `docs/performance.md`.
 * `--self-test` shows whether the method works on this machine, with `--record` on the page too; the exit code is 1
 * where it does not.
 * `--out` writes any run to another folder and to no page. `--page` measures nothing and writes the charts and the
 * page from the last results.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { nodeOf } from '../scripts/matrix/node-binary.ts'
import { groupsOf, STARTUP, TITLES } from './cases.ts'
import { whyUncounted } from './instructions.ts'
import { allowedCores, describeMachine, type Machine } from './machine.ts'
import { measure, type Setting } from './measure.ts'
import { readMemory } from './memory-results.ts'
import { writeChart, writePage } from './page.ts'
import { BESIDE, type FiguresByCase, has, METRICS, RESULTS, type Results, readAll, write } from './results.ts'
import { isPassed, readSelfTest, selfTest, writeSelfTest } from './self-test.ts'
import { aimsTable, caseTable } from './tables.ts'
import { BARE, installedVersions, isInstalled, VARIANTS } from './variants.ts'

/** What is recorded. */
const NODES = ['20', '22', '24', '26']

const { values } = parseArgs({
  options: {
    node: { type: 'string', multiple: true },
    case: { type: 'string', multiple: true, default: [...TITLES.keys()] },
    variant: { type: 'string', multiple: true, default: Object.keys(VARIANTS) },
    processes: { type: 'string', default: '12' },
    rounds: { type: 'string', default: '24' },
    requests: { type: 'string', default: '300' },
    out: { type: 'string' },
    record: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    'self-test': { type: 'boolean', default: false },
  },
})

function known(what: string, names: readonly string[], all: readonly string[]): void {
  const unknown = names.find((name) => !all.includes(name))
  if (unknown !== undefined) throw new Error(`no ${what} ${unknown}: there are ${all.join(', ')}`)
}

function count(name: 'rounds' | 'requests' | 'processes'): number {
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} takes a whole number from 1 on`)
  return number
}

/** The command without what is of this machine alone. */
function commandLine(): string {
  const args = process.argv.slice(2)
  const hidden = args.map((arg, i) => (args[i - 1] === '--node' ? 'PATH' : arg))
  return ['npm run bench', ...(hidden.length > 0 ? ['--', ...hidden] : [])].join(' ')
}

/** A path, or the Node of a major version. */
function pathOf(node: string): string {
  return /^\d+$/.test(node) ? nodeOf(node).path : node
}

function versionOf(node: string): string {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().slice(1)
}

function settingOf(node: string): Setting {
  return { ...amount, node, cores, countsInstructions: uncounted === undefined }
}

async function run(node: string, machine: Machine): Promise<Results> {
  const version = versionOf(node)
  console.log(
    `Node ${version}; ${machine.cpu}, ${machine.cores} cores, ${machine.system}, load ${machine.loadBefore}; ` +
      `${cores ? 'client and servers on one core' : 'no process pinned'}; ` +
      `${uncounted ? `instructions not counted (${uncounted})` : 'instructions counted'}; ` +
      `${amount.processes} processes, ${amount.rounds} rounds in each, ${amount.requests} requests a round\n`,
  )
  const setting = settingOf(node)
  let cases: FiguresByCase = {}
  const start = values.case.includes(STARTUP) ? [[STARTUP]] : []
  for (const group of [...groupsOf(values.case), ...start]) {
    const measured = await measure(group, variants, setting)
    console.log(`${caseTable(measured)}\n`)
    for (const metric of BESIDE.filter((metric) => has(measured, metric))) {
      console.log(`${METRICS[metric].title}:\n\n${caseTable(measured, metric)}\n`)
    }
    cases = { ...cases, ...measured }
  }
  return {
    node: version,
    date: new Date().toISOString(),
    command: commandLine(),
    machine,
    isPinned: cores !== undefined,
    uncounted: uncounted ?? null,
    amount,
    versions: installedVersions(variants),
    cases,
  }
}

known('case', values.case, [...TITLES.keys()])
known('variant', values.variant, Object.keys(VARIANTS))
const amount = { processes: count('processes'), rounds: count('rounds'), requests: count('requests') }
const wanted = Object.entries(VARIANTS).filter(([name]) => name === BARE || values.variant.includes(name))
const variants = Object.fromEntries(wanted.filter(([, variant]) => isInstalled(variant)))
const missing = wanted.flatMap(([name]) => (name in variants ? [] : name))
const isWhole =
  TITLES.size === new Set(values.case).size && Object.keys(VARIANTS).every((name) => name in variants)
const cores = allowedCores()
const uncounted = whyUncounted()
if (values.record && !isWhole)
  throw new Error('--record takes all cases and all variants: npm ci --prefix benchmarks')
const folder = values.out === undefined ? RESULTS : pathToFileURL(`${resolve(values.out)}/`)

if (values['self-test']) {
  const [node = process.execPath] = (values.node ?? []).map(pathOf)
  const setting = { ...settingOf(node), countsInstructions: false }
  const result = await selfTest(versionOf(node), setting, console.log)
  if (values.record) writeSelfTest(result, RESULTS)
  if (!isPassed(result)) process.exitCode = 1
} else if (!values.page) {
  if (missing.length > 0)
    console.log(`Left out: ${missing.join(', ')}. To have them: npm ci --prefix benchmarks\n`)
  const machine = describeMachine() // before it is kept on one core
  const nodes = (values.node ?? (values.record ? NODES : [process.execPath])).map(pathOf)
  const all: Results[] = []
  for (const node of nodes) {
    const results = await run(node, machine)
    all.push(results)
    if (!values.record && values.out === undefined) continue
    mkdirSync(folder, { recursive: true })
    write(results, folder)
  }
  console.log(`${aimsTable(all)}\n`)
}
if (values.record || values.page || values.out !== undefined) {
  const all = readAll(folder)
  for (const results of all) {
    if (!(await writeChart(results, folder))) console.log('No chart. To have one: npm ci --prefix benchmarks')
  }
  if (values.out === undefined) writePage(all, readMemory(RESULTS), readSelfTest(RESULTS))
}
