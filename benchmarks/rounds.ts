import { quantile } from 'simple-statistics'
import { type Case, type Work, workOf } from './cases.ts'
import type { Connection } from './connection.ts'
import { countWhile } from './instructions.ts'
import { arrivalsOf, closedLoop, openLoop } from './load.ts'
import type { MeasuredServer } from './measured-server.ts'
import type { Metric } from './results.ts'

/** Connections that send requests to a server. */
export const CONNECTIONS = 32
/** Requests a second where they arrive by themselves. */
export const ARRIVAL_RATE = 2000
/**
 * Requests of a case before it is measured. With fewer it is the compilers that are measured: they come to the last functions
 * of a server after some 15 000.
 */
const WARM_UP = 18_000
/** Where an open loop is measured, which is paced: a response takes many times what a compiler can save of it. */
const OPEN_WARM_UP = 6_000
/** Rounds whose instructions are counted. */
const COUNTED_ROUNDS = 10

/**
 * Sends requests that are not measured. Of what fails seldom there are many, for its code has to be compiled too.
 */
export async function warmUp(connections: readonly Connection[], load: Case): Promise<void> {
  const { work, failing = { work } } = load
  const requests = load.isOpen ? OPEN_WARM_UP : WARM_UP
  await closedLoop(connections, requests, (index) => (index % 2 === 0 ? work : failing.work))
}

/** What was measured of one server in one round. */
export type Sample = Partial<Record<Metric, number>>

/**
 * Takes the CPU time and the bytes of new objects for one request.
 *
 * @param extra - The share of requests that are sent on top of those that count.
 */
export async function costRound(
  server: MeasuredServer,
  connections: readonly Connection[],
  load: Case,
  requests: number,
  extra = 0,
): Promise<Sample> {
  const work = (index: number): Work => workOf(load, index)
  await closedLoop(connections, CONNECTIONS, work) // brings what it needs back into the caches
  const { after: heap } = await server.collect()
  const before = await server.cpu()
  await closedLoop(connections, Math.round(requests * (1 + extra)), work)
  const cpu = (await server.cpu()) - before
  const bytes = (await server.collect()).before - heap
  // Less than before: there was no room for all, and Node has collected by itself.
  return { cpu: cpu / requests, ...(bytes > 0 && { bytes: bytes / requests }) }
}

/** Takes the instructions for one request, which no other program on the machine has a part in. */
export async function instructionsOf(
  server: MeasuredServer,
  connections: readonly Connection[],
  load: Case,
  requests: number,
): Promise<Sample> {
  const count = requests * COUNTED_ROUNDS
  const counted = await countWhile(server.pid, () =>
    closedLoop(connections, count, (index) => workOf(load, index)),
  )
  return counted === undefined ? {} : { instructions: counted / count }
}

/**
 * Takes the 99th percentile of the response times of the requests that do not fail.
 *
 * @param failing - Whether the part that fails is sent, or the part that does not alone.
 * @param seed - The same for all servers of a round, so that they get the same traffic.
 */
export async function p99Round(
  connections: readonly Connection[],
  load: Case,
  failing: boolean,
  requests: number,
  seed: number,
): Promise<Sample> {
  const part = load.failing
  const share = failing && part !== undefined ? 1 / part.every : 0
  const arrivals = arrivalsOf(requests, ARRIVAL_RATE, share, seed)
  const times = await openLoop(connections, arrivals, load.work, part?.work ?? load.work)
  return { p99: quantile(times, 0.99) * 1000 }
}
