import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Cores, Machine } from './machine.ts'
import type { Estimate, Rounds } from './statistics.ts'

/** What is measured of a server, with its unit and what it is compared by. */
export const METRICS = {
  cpu: { title: 'CPU time of the server process for one request', unit: 'µs', same: 1 },
  throughput: { title: 'throughput', unit: 'requests/s', same: 1 },
  p50: { title: 'p50 of the response time', unit: 'µs', same: 1 },
  p99: { title: 'p99 of the response time', unit: 'µs', same: 1 },
  startup: { title: 'time to be ready', unit: 'ms', same: 0 },
} as const

export type Metric = keyof typeof METRICS

/** One metric of one server in one case. */
export interface Figure {
  /** The median of all rounds, in the unit of the metric. */
  readonly value: number
  /**
   * Compared with bare Fastify in the same rounds: the ratio, or the difference for `startup`. Bare Fastify itself has
   * none.
   */
  readonly toBare?: Estimate
  /** The ratios or differences of the rounds, a list for each set of processes. */
  readonly rounds?: Rounds
}

export type Figures = Partial<Record<Metric, Figure>>

/** How much was measured. */
export interface Amount {
  readonly processes: number
  /** In all processes together. */
  readonly rounds: number
  /** In one round of one server. */
  readonly requests: number
}

/** What a run has found with one Node. */
export interface Results {
  readonly node: string
  readonly date: string
  readonly command: string
  readonly machine: Machine
  /** `null` when the processes were not kept on cores of their own. */
  readonly cores: Cores | null
  readonly amount: Amount
  readonly versions: Readonly<Record<string, string>>
  /** By case, then by variant. */
  readonly cases: Readonly<Record<string, Readonly<Record<string, Figures>>>>
}

/** Where the results that `docs/performance.md` shows are kept. */
export const RESULTS: URL = new URL('./results/', import.meta.url)

/** How the files of a Node are called, without their extension. */
export function nameOf({ node }: Results): string {
  return `node${node.split('.')[0]}`
}

/** Writes the results of one Node, and replaces those of the last run with it. */
export function write(results: Results, folder: URL): void {
  const json = JSON.stringify(results, (_key, value) => (typeof value === 'number' ? short(value) : value), 2)
  const compact = json.replace(/\[[\s\d.,e-]+\]/g, (list) => list.replace(/\s+/g, ' '))
  writeFileSync(new URL(`${nameOf(results)}.json`, folder), `${compact}\n`)
}

function short(value: number): number {
  return Number(value.toPrecision(5))
}

/** The last results of each Node, oldest Node first. */
export function readAll(folder: URL): Results[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => /^node\d+\.json$/.test(name))
    .map((name): Results => JSON.parse(readFileSync(new URL(name, folder), 'utf8')))
    .sort((a, b) => Number.parseInt(a.node, 10) - Number.parseInt(b.node, 10))
}
