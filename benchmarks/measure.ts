import { once } from 'node:events'
import { CASES, type Case, STARTUP } from './cases.ts'
import type { Connection } from './connection.ts'
import { keepOn } from './machine.ts'
import { MeasuredServer, messageOf, SERVERS, start } from './measured-server.ts'
import { type Amount, type Figures, METRICS, type Metric } from './results.ts'
import { CONNECTIONS, costRound, instructionsOf, p99Round, type Sample, warmUp } from './rounds.ts'
import { compare, quietest } from './statistics.ts'
import { BARE, type Variants, variantsOf } from './variants.ts'

/** Where and how much to measure. */
export interface Setting extends Amount {
  readonly node: string
  /** Those that may be used. `undefined` where no process can be kept on one. */
  readonly cores: readonly number[] | undefined
  readonly countsInstructions: boolean
}

/** What was measured of one server: by metric, the values of the rounds of each process. */
type Values = Partial<Record<Metric, number[][]>>

/** By case, then by variant. */
type Measured = Map<string, Map<string, Values>>

/** Starts of an app for each process that a server is measured with. */
const STARTS = 2

/** The order of a round: each comes first as often as the others, and before each of them as often as after it. */
function inTurn<Item>(items: readonly Item[], round: number): Item[] {
  const from = Math.floor(round / 2) % items.length
  const turned = [...items.slice(from), ...items.slice(0, from)]
  return round % 2 === 0 ? turned : turned.reverse()
}

/** Adds what one more process has given. */
function add(measured: Measured, caseName: string, variant: string, samples: readonly Sample[]): void {
  const ofCase = measured.get(caseName) ?? new Map<string, Values>()
  measured.set(caseName, ofCase)
  const values = ofCase.get(variant) ?? {}
  ofCase.set(variant, values)
  for (const metric of Object.keys(METRICS) as Metric[]) {
    const list = samples.flatMap((sample) => sample[metric] ?? [])
    if (list.length === 0) continue
    values[metric] ??= []
    values[metric].push(list)
  }
}

interface Running {
  readonly extra: number
  readonly variant: string
  readonly server: MeasuredServer
  readonly connections: Connection[]
}

/** All rounds of one case with servers that run side by side. */
async function measureCase(
  load: Case,
  servers: readonly Running[],
  setting: Setting,
  set: number,
): Promise<Map<string, Sample[]>> {
  const { requests } = setting
  const rounds = load.isOpen ? Math.ceil(setting.rounds / 2) : setting.rounds // They take their time.
  const samples = new Map(servers.map(({ variant }): [string, Sample[]] => [variant, []]))
  for (const { connections } of servers) await warmUp(connections, load)
  for (let round = 0; round < rounds; round += 1) {
    for (const { variant, extra, server, connections } of inTurn(servers, round)) {
      const sample = load.isOpen
        ? await p99Round(connections, load, variant !== BARE, requests, set * rounds + round)
        : await costRound(server, connections, load, requests, extra)
      samples.get(variant)?.push(sample)
    }
  }
  if (!setting.countsInstructions || load.isOpen) return samples
  for (const { variant, server, connections } of servers) {
    samples.get(variant)?.push(await instructionsOf(server, connections, load, requests))
  }
  return samples
}

async function measureSet(
  names: readonly string[],
  variants: Variants,
  setting: Setting,
  set: number,
  measured: Measured,
): Promise<void> {
  const { node, processes } = setting
  const { logs, options } = CASES[names[0] as string] as Case
  const servers: Running[] = []
  try {
    const all = [...new Set(names.flatMap((name) => variantsOf(name, variants)))]
    // Who is started and warmed up first is measured a percent dearer than who is so last.
    for (const variant of inTurn(all, set)) {
      const own = variants[variant]
      if (own === undefined || set >= (own.processes ?? processes)) continue
      const how = { logs, options: { ...own.options, ...options } }
      const server = await MeasuredServer.start(node, own.server, how)
      const connections = await server.connect(CONNECTIONS)
      servers.push({ variant, extra: own.extra ?? 0, server, connections })
    }
    for (const name of names) {
      const inCase = variantsOf(name, variants)
      const taking = servers.filter(({ variant }) => inCase.includes(variant))
      for (const [variant, samples] of await measureCase(CASES[name] as Case, taking, setting, set)) {
        add(measured, name, variant, samples)
      }
    }
  } finally {
    for (const { server, connections } of servers) {
      for (const connection of connections) connection.close()
      await server.stop()
    }
  }
}

/** Each round is a new process here. */
async function measureStartup(variants: Variants, setting: Setting, measured: Measured): Promise<void> {
  const rounds = setting.processes * STARTS
  // The first round is not counted: it brings the files into the memory.
  for (let round = -1; round < rounds; round += 1) {
    for (const variant of inTurn(variantsOf(STARTUP, variants), round + 1)) {
      const { server = '', options = {} } = variants[variant] ?? {}
      const child = start(setting.node, [`${SERVERS}startup.js`, server, JSON.stringify(options)])
      const exited = once(child, 'exit')
      const { cpu } = await messageOf<{ cpu: number }>(child)
      await exited
      if (round >= 0) add(measured, STARTUP, variant, [{ startup: cpu / 1000 }])
    }
  }
}

function figuresOf(own: Values, bare: Values | undefined): Figures {
  const figures = Object.entries(own).map(([metric, rounds]) => {
    const others = bare?.[metric as Metric]
    const toBare = others && { toBare: compare(rounds, others, METRICS[metric as Metric].same) }
    return [metric, { value: quietest(rounds), ...toBare, rounds }]
  })
  return Object.fromEntries(figures)
}

/**
 * Keeps client and servers on one core: so only one of them runs at a time, and hands over when it has nothing left to
 * do. A server never waits for a client on another core, nor wakes it up, which costs a server on a virtual
 * machine more than the rest of a request. A client that waits for the time of a request needs a core of its own.
 */
function takeCores(names: readonly string[], cores: readonly number[] | undefined): void {
  if (cores !== undefined) keepOn(names.some((name) => CASES[name]?.isOpen) ? cores : cores.slice(-1))
}

/**
 * Measures cases with all their variants, and compares each with bare Fastify.
 *
 * @param names - Cases that share their processes, or the start alone.
 * @returns By case, then by variant.
 */
export async function measure(
  names: readonly string[],
  variants: Variants,
  setting: Setting,
): Promise<Record<string, Record<string, Figures>>> {
  const measured: Measured = new Map()
  takeCores(names, setting.cores)
  if (names[0] === STARTUP) await measureStartup(variants, setting, measured)
  else {
    for (let set = 0; set < setting.processes; set += 1) {
      await measureSet(names, variants, setting, set, measured)
    }
  }
  const cases = [...measured].map(([name, ofCase]) => {
    const bare = ofCase.get(BARE)
    const ofVariants = [...ofCase].map(([variant, values]) => [
      variant,
      figuresOf(values, variant === BARE ? undefined : bare),
    ])
    return [name, Object.fromEntries(ofVariants)]
  })
  return Object.fromEntries(cases)
}
