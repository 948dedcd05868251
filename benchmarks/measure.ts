import { once } from 'node:events'
import { CASES, type Case, STARTUP } from './cases.ts'
import type { Connection } from './connection.ts'
import { MeasuredServer, messageOf, SERVERS, start } from './measured-server.ts'
import { type Amount, type Figure, METRICS, type Metric } from './results.ts'
import { CONNECTIONS, cpuRound, p99Round, warmUp } from './rounds.ts'
import { compare, quietest, type Rounds } from './statistics.ts'
import { BARE, VARIANTS, type Variant, variantsOf } from './variants.ts'

/** Where and how much to measure. */
export interface Setting extends Amount {
  readonly node: string
  /** The core that servers and client share, where they are kept on one. */
  readonly core: number | undefined
}

/** By case, then by variant, then by process. */
type Measured = Map<string, Map<string, number[][]>>

/** What a metric is in each of the cases. */
export function metricOf(caseName: string): Metric {
  if (caseName === STARTUP) return 'startup'
  return CASES[caseName]?.isOpen ? 'p99' : 'cpu'
}

/** The order of a round: each comes first as often as the others, and before each of them as often as after it. */
function inTurn<Item>(items: readonly Item[], round: number): Item[] {
  const from = Math.floor(round / 2) % items.length
  const turned = [...items.slice(from), ...items.slice(0, from)]
  return round % 2 === 0 ? turned : turned.reverse()
}

interface Running {
  readonly variant: string
  readonly server: MeasuredServer
  readonly connections: Connection[]
}

async function startServer(variant: string, load: Case, { node, core }: Setting): Promise<Running> {
  const { server: name, options } = VARIANTS[variant] as Variant
  const server = await MeasuredServer.start(node, name, {
    core,
    logs: load.logs,
    options: { ...options, ...load.options },
  })
  return { variant, server, connections: await server.connect(CONNECTIONS) }
}

/** All rounds of one case with servers that run side by side. */
async function measureCase(
  load: Case,
  servers: readonly Running[],
  setting: Setting,
  set: number,
): Promise<Map<string, number[]>> {
  const { rounds, requests } = setting
  const values = new Map(servers.map(({ variant }): [string, number[]] => [variant, []]))
  for (const { connections } of servers) await warmUp(connections, load, requests)
  for (let round = 0; round < rounds; round += 1) {
    for (const { variant, server, connections } of inTurn(servers, round)) {
      const value = load.isOpen
        ? await p99Round(connections, load, variant !== BARE, requests, set * rounds + round)
        : await cpuRound(server, connections, load, requests)
      values.get(variant)?.push(value)
    }
  }
  return values
}

function add(all: Measured, caseName: string, values: ReadonlyMap<string, number[]>): void {
  const ofCase = all.get(caseName) ?? new Map<string, number[][]>()
  for (const [variant, list] of values) ofCase.set(variant, [...(ofCase.get(variant) ?? []), list])
  all.set(caseName, ofCase)
}

async function measureGroup(
  names: readonly string[],
  variants: readonly string[],
  setting: Setting,
): Promise<Measured> {
  const all: Measured = new Map()
  for (let set = 0; set < setting.processes; set += 1) {
    const servers: Running[] = []
    try {
      for (const variant of new Set(names.flatMap((name) => variantsOf(name, variants)))) {
        const { processes = setting.processes } = VARIANTS[variant] as Variant
        if (set >= processes) continue
        servers.push(await startServer(variant, CASES[names[0] as string] as Case, setting))
      }
      for (const name of names) {
        const inCase = variantsOf(name, variants)
        const taking = servers.filter(({ variant }) => inCase.includes(variant))
        add(all, name, await measureCase(CASES[name] as Case, taking, setting, set))
      }
    } finally {
      for (const { server, connections } of servers) {
        for (const connection of connections) connection.close()
        await server.stop()
      }
    }
  }
  return all
}

/** Each round is a new process here. */
async function measureStartup(
  variants: readonly string[],
  setting: Setting,
): Promise<Map<string, number[][]>> {
  const all = new Map(variants.map((variant): [string, number[][]] => [variant, []]))
  const rounds = setting.processes * STARTS
  // The first round is not counted: it brings the files into the memory.
  for (let round = -1; round < rounds; round += 1) {
    for (const variant of inTurn(variants, round + 1)) {
      const { server, options } = VARIANTS[variant] as Variant
      const args = [`${SERVERS}startup.js`, server, JSON.stringify(options ?? {})]
      const child = start(setting.node, args, setting.core)
      const exited = once(child, 'exit')
      const { cpu } = await messageOf<{ cpu: number }>(child)
      await exited
      if (round >= 0) all.get(variant)?.push([cpu / 1000])
    }
  }
  return all
}

/** Starts of an app for each process that a server is measured with. */
const STARTS = 3

function figureOf(own: Rounds, bare: Rounds | undefined, metric: Metric): Figure {
  const value = quietest(own)
  if (bare === undefined) return { value, rounds: own }
  return { value, toBare: compare(own, bare, METRICS[metric].same), rounds: own }
}

/**
 * Measures cases with all their variants, and compares each with bare Fastify.
 *
 * @param names - Cases that share their processes, or the start alone.
 * @returns By case, then by variant.
 */
export async function measure(
  names: readonly string[],
  variants: readonly string[],
  setting: Setting,
): Promise<Record<string, Record<string, Figure>>> {
  const [first] = names
  const measured =
    first === STARTUP
      ? new Map([[STARTUP, await measureStartup(variantsOf(STARTUP, variants), setting)]])
      : await measureGroup(names, variants, setting)
  const figures = [...measured].map(([name, ofCase]) => {
    const bare = ofCase.get(BARE) ?? []
    const ofVariants = [...ofCase].map(([variant, own]) => [
      variant,
      figureOf(own, variant === BARE ? undefined : bare, metricOf(name)),
    ])
    return [name, Object.fromEntries(ofVariants)]
  })
  return Object.fromEntries(figures)
}
