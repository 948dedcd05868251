import { spawnSync } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { nodeOf } from '../../scripts/matrix/node-binary.ts'
import { TYPESCRIPT } from '../support/typescript-flags.ts'
import { record } from './support/measured.ts'
import { inOwnNetwork, runInJoinedNetwork, runInOwnNetwork } from './support/own-network.ts'
import type { AnyRestarter, Scenario } from './support/restarter.ts'
import { scenariosOf } from './support/scenarios.ts'

/** Runs every restarter of this folder, or those named: `npm run test:restarters -- [--require] [--record] [--only TEXT] [--except TEXT]… [--attempts 2] [--node 24] [names…]`. */
const { values: given, positionals: names } = parseArgs({
  options: {
    // A missing restarter is a failure, as most are in CI.
    require: { type: 'boolean', default: false },
    // Writes what was measured into docs/restarters.
    record: { type: 'boolean', default: false },
    // Runs only the scenarios whose name holds this.
    only: { type: 'string', default: '' },
    // Leaves out those whose name holds this.
    except: { type: 'string', multiple: true, default: [] },
    // How often a scenario is tried. Every failure is printed, and the table says at which try it passed.
    attempts: { type: 'string', default: '1' },
    // The major version of the Node that the apps run on, fetched where it is another one.
    node: { type: 'string' },
  },
  allowPositionals: true,
})

if (given.record && (given.only !== '' || given.except.length > 0))
  throw new Error('--record takes all scenarios, and --only or --except leaves some out')

const choice = ['--only', given.only, ...given.except.flatMap((text) => ['--except', text])]

function isChosen({ name, comparison = false }: Scenario): boolean {
  if (comparison && !given.record && given.only === '') return false
  return name.includes(given.only) && !given.except.some((text) => name.includes(text))
}

if (given.node !== undefined) {
  const node = nodeOf(given.node)
  if (node.path !== process.execPath) {
    const flags = [given.require && '--require', given.record && '--record'].filter((flag) => flag !== false)
    const args = [...flags, ...choice, '--attempts', given.attempts, ...names]
    const { status } = spawnSync(node.path, [...TYPESCRIPT, process.argv[1]!, ...args], { stdio: 'inherit' })
    process.exit(status ?? 1)
  }
}

interface Row {
  readonly restarter: string
  readonly scenario: string
  readonly result: 'passed' | 'FAILED' | 'SKIPPED'
  readonly seconds: number
  readonly measured: string
}

async function allRestarters(): Promise<AnyRestarter[]> {
  const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith('.restarter.ts')).sort()
  return Promise.all(
    files.map(async (file) => (await import(path.join(import.meta.dirname, file))).restarter as AnyRestarter),
  )
}

async function runScenario(restarter: string, scenario: Scenario, attempt: number): Promise<Row> {
  const started = performance.now()
  let result: Row['result'] = 'passed'
  let measured: string
  try {
    measured = await scenario.run()
    if (attempt > 1) measured = `at try ${attempt}: ${measured}`
  } catch (error) {
    result = 'FAILED'
    measured = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    console.error(error)
  }
  const seconds = Math.round((performance.now() - started) / 100) / 10
  console.log(`${result} ${restarter}: ${scenario.name} (${seconds} s): ${measured}`)
  return { restarter, scenario: scenario.name, result, seconds, measured }
}

function isRequired({ missingInCi = false }: AnyRestarter): boolean {
  return given.require || (process.env.CI === 'true' && !missingInCi)
}

async function runRestarter(restarter: AnyRestarter): Promise<Row[]> {
  const missing = await restarter.missing()
  if (missing !== undefined) {
    const result = isRequired(restarter) ? 'FAILED' : 'SKIPPED'
    console.log(`${result} ${restarter.name}: ${missing}`)
    return [{ restarter: restarter.name, scenario: 'all', result, seconds: 0, measured: missing }]
  }
  if (!inOwnNetwork && (restarter.ownNetwork ?? restarter.joinNetwork) !== undefined) {
    const recording = given.record ? ['--record'] : []
    const args = [...recording, ...choice, '--attempts', given.attempts, restarter.name]
    const network = await restarter.joinNetwork?.()
    const messages = network
      ? runInJoinedNetwork(process.argv[1]!, args, network)
      : runInOwnNetwork(process.argv[1]!, args, restarter.ownNetwork ?? {})
    return (await messages) as Row[]
  }
  if (restarter.joinNetwork !== undefined) {
    // Who started this one has ended, and with it all that is in the network.
    process.once('disconnect', () => process.exit(1))
    process.channel?.unref()
  }
  const rows: Row[] = []
  for (const scenario of scenariosOf(restarter)) {
    if (!isChosen(scenario)) continue
    for (let attempt = 1; attempt <= Number(given.attempts); attempt += 1) {
      const row = await runScenario(restarter.name, scenario, attempt)
      if (row.result === 'passed' || attempt === Number(given.attempts)) rows.push(row)
      if (row.result === 'passed') break
    }
  }
  await restarter.tearDown?.()
  return rows
}

const all = await allRestarters()
const unknown = names.filter((name) => !all.some((restarter) => restarter.name === name))
if (unknown.length > 0) {
  console.error(
    `No such restarter: ${unknown.join(', ')}. There are: ${all.map(({ name }) => name).join(', ')}.`,
  )
  process.exit(2)
}

const rows: Row[] = []
for (const restarter of all) {
  // One after the other: each measures how long it takes to come back.
  if (names.length > 0 && !names.includes(restarter.name)) continue
  const its = await runRestarter(restarter)
  rows.push(...its)
  if (
    given.record &&
    !inOwnNetwork &&
    restarter.page === undefined &&
    its.every((row) => row.result === 'passed')
  ) {
    const scenarios = Object.fromEntries(its.map((row) => [row.scenario, row.measured]))
    await record(restarter.name, { node: process.versions.node, scenarios })
  }
}
if (inOwnNetwork) for (const row of rows) process.send?.(row)
else console.table(rows)
process.exitCode = rows.some((row) => row.result === 'FAILED') ? 1 : 0
