import { once } from 'node:events'
import { median } from 'simple-statistics'
import { CASES, type Case, FAILING_SHARE, STARTUP } from './cases.ts'
import { keepAwake } from './keep-awake.ts'
import type { Cores } from './machine.ts'
import { MeasuredServer, messageOf, SERVERS, start } from './measured-server.ts'
import { type Amount, type Figure, type Figures, METRICS, type Metric } from './results.ts'
import { closedRound, openRound, type Sample, warmUp } from './rounds.ts'
import { estimate, pairs, type Rounds } from './statistics.ts'
import { BARE, VARIANTS, type Variant } from './variants.ts'

/** Where and how much to measure. */
export interface Setting extends Amount {
  readonly node: string
  readonly cores: Cores | undefined
}

/** By variant, then by process, then by round. */
type Samples = Map<string, Sample[][]>

/** The rounds of one set of processes, one for each variant, in an order that turns with the rounds. */
async function measureProcesses(
  load: Case,
  variants: readonly string[],
  { node, cores, requests }: Setting,
  turns: readonly number[],
): Promise<Map<string, Sample[]>> {
  const shareOf = (variant: string): number =>
    load.failing !== undefined && variant !== BARE ? FAILING_SHARE : 0
  const servers = new Map<string, MeasuredServer>()
  const samples = new Map(variants.map((variant): [string, Sample[]] => [variant, []]))
  try {
    for (const variant of variants) {
      const { server: name } = VARIANTS[variant] as Variant
      const server = await MeasuredServer.start(node, name, load.logs, cores)
      servers.set(variant, server)
      await warmUp(server, load, shareOf(variant), requests)
    }
    for (const turn of turns) {
      for (let i = 0; i < variants.length; i += 1) {
        const variant = variants[(i + turn) % variants.length] as string
        const server = servers.get(variant) as MeasuredServer
        const { work, failing } = load
        const sample = failing
          ? await openRound(server, work, failing, shareOf(variant), requests, turn)
          : await closedRound(server, load, requests)
        samples.get(variant)?.push(sample)
      }
    }
  } finally {
    for (const server of servers.values()) await server.stop()
  }
  return samples
}

async function measureRequests(load: Case, variants: readonly string[], setting: Setting): Promise<Samples> {
  const all: Samples = new Map(variants.map((variant) => [variant, []]))
  const each = Math.ceil(setting.rounds / setting.processes)
  const sleep = setting.cores === undefined ? () => {} : keepAwake()
  try {
    for (let process = 0; process < setting.processes; process += 1) {
      const turns = Array.from({ length: each }, (_, i) => process * each + i)
      for (const [variant, samples] of await measureProcesses(load, variants, setting, turns)) {
        all.get(variant)?.push(samples)
      }
    }
  } finally {
    sleep()
  }
  return all
}

/** Each round is a new process here, so that each is a set of its own. */
async function measureStartup(variants: readonly string[], setting: Setting): Promise<Samples> {
  const all: Samples = new Map(variants.map((variant) => [variant, []]))
  // The first round is not counted: it brings the files into the memory.
  for (let turn = -1; turn < setting.rounds; turn += 1) {
    for (let i = 0; i < variants.length; i += 1) {
      const variant = variants[(i + turn + variants.length) % variants.length] as string
      const { server } = VARIANTS[variant] as Variant
      const child = start(setting.node, [`${SERVERS}startup.js`, server], setting.cores)
      const exited = once(child, 'exit')
      const { milliseconds } = await messageOf<{ milliseconds: number }>(child)
      await exited
      if (turn >= 0) all.get(variant)?.push([{ startup: milliseconds }])
    }
  }
  return all
}

function figuresOf(samples: Sample[][], bare: Sample[][], isBare: boolean): Figures {
  const figures: Partial<Record<Metric, Figure>> = {}
  for (const metric of Object.keys(samples[0]?.[0] ?? {}) as Metric[]) {
    const of = (lists: Sample[][]): Rounds =>
      lists.map((list) => list.map((sample) => sample[metric] as number))
    const combine =
      METRICS[metric].same === 1 ? (a: number, b: number) => a / b : (a: number, b: number) => a - b
    const rounds = pairs(of(samples), of(bare), combine)
    const value = median(of(samples).flat())
    figures[metric] = isBare ? { value } : { value, toBare: estimate(rounds), rounds }
  }
  return figures
}

/** Measures one case with all its variants, and compares each with bare Fastify. */
export async function measure(
  caseName: string,
  variants: readonly string[],
  setting: Setting,
): Promise<Record<string, Figures>> {
  const samples =
    caseName === STARTUP
      ? await measureStartup(variants, setting)
      : await measureRequests(CASES[caseName] as Case, variants, setting)
  const bare = samples.get(BARE) ?? []
  return Object.fromEntries(
    [...samples].map(([variant, lists]) => [variant, figuresOf(lists, bare, variant === BARE)]),
  )
}
