import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { CASES, STARTUP } from './cases.ts'
import type { Machine } from './machine.ts'
import type { Estimate, Rounds } from './statistics.ts'

/** What is measured of a server, with its unit and what it is compared by. */
export const METRICS = {
  bytes: { title: 'new objects of one request', unit: 'bytes', same: 1, digits: 0 },
  cpu: { title: 'CPU time of the server process for one request', unit: 'µs', same: 1, digits: 1 },
  instructions: { title: 'instructions of one request', unit: '', same: 1, digits: 0 },
  p99: { title: 'p99 of the response time', unit: 'µs', same: 1, digits: 0 },
  startup: { title: 'CPU time until the app is ready', unit: 'ms', same: 0, digits: 1 },
} as const

export type Metric = keyof typeof METRICS

/** One metric of one server in one case. */
export interface Figure {
  /** The mean of the quietest rounds, in the unit of the metric. */
  readonly value: number
  /** Compared with bare Fastify: the ratio, or the difference for `startup`. Bare Fastify itself has none. */
  readonly toBare?: Estimate
  /** The values of all rounds, a list for each process. */
  readonly rounds: Rounds
}

export type Figures = Partial<Record<Metric, Figure>>

/** By case, then by variant. */
export type FiguresByCase = Readonly<Record<string, Readonly<Record<string, Figures>>>>

/** What is measured beside the CPU time, and does not change with the mood of the machine. */
export const BESIDE = ['instructions', 'bytes'] as const satisfies readonly Metric[]

/** Whether a metric was measured in any of these cases. */
export function has(cases: FiguresByCase, metric: Metric): boolean {
  return Object.values(cases).some((ofCase) => Object.values(ofCase).some((own) => own[metric] !== undefined))
}

/** What a case is about. */
export function metricOf(caseName: string): Metric {
  if (caseName === STARTUP) return 'startup'
  return CASES[caseName]?.isOpen ? 'p99' : 'cpu'
}

/** How much was measured. */
export interface Amount {
  /** Of each server. */
  readonly processes: number
  /** In one process, of each case. */
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
  /** Whether client and servers were kept on one core. */
  readonly isPinned: boolean
  readonly amount: Amount
  /** Why there are no instructions. `null` where there are. */
  readonly uncounted: string | null
  readonly versions: Readonly<Record<string, string>>
  readonly cases: FiguresByCase
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
  return Number(value.toPrecision(4))
}

/** The last results of each Node, oldest Node first. */
export function readAll(folder: URL): Results[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => /^node\d+\.json$/.test(name))
    .map((name): Results => JSON.parse(readFileSync(new URL(name, folder), 'utf8')))
    .sort((a, b) => Number.parseInt(a.node, 10) - Number.parseInt(b.node, 10))
}
