/**
 * Bare Fastify beside this plugin and other servers: CPU time of the server process for one request, throughput
 * and response times, as ratios to bare Fastify, and what the plugin adds to the start of an app.
 *
 *     npm run bench -- [--node PATH]... [--case NAME]... [--variant NAME]... [--rounds 24] [--requests 1500]
 *                      [--processes 4] [--out FOLDER] [--page]
 *
 * Every server has a process of its own, and is started anew several times, for a compiler's luck lasts as long
 * as a process. The rounds are short and alternate, so that what else the machine does hits all alike; the ratio
 * is taken within a round.
 *
 * A run of all cases and all variants is recorded in `benchmarks/results` and shown in `docs/performance.md`. A run
 * of some is printed only, so that the page never mixes two. `--out` writes any run, to another folder and to no
 * page. `--page` measures nothing and writes the charts and the page from the last results.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { TITLES } from './cases.ts'
import { type Cores, describeMachine, type Machine, takeCores } from './machine.ts'
import { measure } from './measure.ts'
import { readMemory } from './memory-results.ts'
import { writeChart, writePage } from './page.ts'
import { type Figures, RESULTS, type Results, readAll, write } from './results.ts'
import { aimsTable, caseTable } from './tables.ts'
import { installedVersions, isInstalled, VARIANTS, variantsOf } from './variants.ts'

const { values } = parseArgs({
  options: {
    node: { type: 'string', multiple: true, default: [process.execPath] },
    case: { type: 'string', multiple: true, default: [...TITLES.keys()] },
    variant: { type: 'string', multiple: true, default: Object.keys(VARIANTS) },
    rounds: { type: 'string', default: '24' },
    requests: { type: 'string', default: '1500' },
    processes: { type: 'string', default: '4' },
    out: { type: 'string' },
    page: { type: 'boolean', default: false },
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

async function run(node: string, machine: Machine, cores: Cores | undefined): Promise<Results> {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().slice(1)
  const where = cores
    ? `servers on core ${cores.server}, client on core ${cores.client}`
    : 'no process pinned'
  console.log(
    `Node ${version}; ${machine.cpu}, ${machine.cores} cores, ${machine.system}, load ${machine.loadBefore}; ${where}; ` +
      `${amount.rounds} rounds in ${amount.processes} processes, ${amount.requests} requests a round\n`,
  )
  const cases: Record<string, Record<string, Figures>> = {}
  for (const name of values.case) {
    cases[name] = await measure(name, variantsOf(name, variants), { ...amount, node, cores })
    console.log(`${name}: ${TITLES.get(name)}\n\n${caseTable(cases[name])}\n`)
  }
  return {
    node: version,
    date: new Date().toISOString(),
    command: commandLine(),
    machine,
    cores: cores ?? null,
    amount,
    versions: installedVersions(variants),
    cases,
  }
}

known('case', values.case, [...TITLES.keys()])
known('variant', values.variant, Object.keys(VARIANTS))
const amount = { rounds: count('rounds'), requests: count('requests'), processes: count('processes') }
const variants = values.variant.filter((name) => isInstalled(VARIANTS[name] as (typeof VARIANTS)[string]))
const missing = values.variant.filter((name) => !variants.includes(name))
const isWhole =
  TITLES.size === new Set(values.case).size && Object.keys(VARIANTS).every((name) => variants.includes(name))
const folder = values.out === undefined ? RESULTS : pathToFileURL(`${resolve(values.out)}/`)
const isKept = values.out !== undefined || isWhole

if (!values.page) {
  if (missing.length > 0) {
    console.log(`Left out: ${missing.join(', ')}. To have them: npm ci --prefix benchmarks\n`)
  }
  const machine = describeMachine() // before it is kept on one core
  const cores = takeCores()
  const all: Results[] = []
  for (const node of values.node) {
    const results = await run(node, machine, cores)
    all.push(results)
    if (!isKept) continue
    mkdirSync(folder, { recursive: true })
    write(results, folder)
  }
  console.log(`${aimsTable(all)}\n`)
  if (!isKept) console.log('Not recorded, for it was not a run of all cases and variants.')
}
if (isKept || values.page) {
  const all = readAll(folder)
  for (const results of all) {
    if (!(await writeChart(results, folder))) console.log('No chart. To have one: npm ci --prefix benchmarks')
  }
  if (values.out === undefined) writePage(all, readMemory(RESULTS))
}
