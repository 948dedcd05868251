import { quantile } from 'simple-statistics'
import { type Case, workOf } from './cases.ts'
import type { Connection } from './connection.ts'
import { arrivalsOf, closedLoop, openLoop } from './load.ts'
import type { MeasuredServer } from './measured-server.ts'

/** Connections that send requests to a server. */
export const CONNECTIONS = 32
/** Requests a second where they arrive by themselves. */
export const ARRIVAL_RATE = 1000
/** Rounds before anything is measured, for the compilers. */
const WARM_UP = 10

/** Sends the requests of some rounds that are not measured. */
export async function warmUp(
  connections: readonly Connection[],
  load: Case,
  requests: number,
): Promise<void> {
  await closedLoop(connections, requests * WARM_UP, (index) => workOf(load, index))
}

/** @returns The CPU time of the server for one request, in microseconds. */
export async function cpuRound(
  server: MeasuredServer,
  connections: readonly Connection[],
  load: Case,
  requests: number,
): Promise<number> {
  const before = await server.cpu()
  await closedLoop(connections, requests, (index) => workOf(load, index))
  return ((await server.cpu()) - before) / requests
}

/**
 * @param failing - Whether the part that fails is sent, or the part that does not alone.
 * @param seed - The same for all servers of a round, so that they get the same traffic.
 * @returns The 99th percentile of the response times of the requests that do not fail, in microseconds.
 */
export async function p99Round(
  connections: readonly Connection[],
  load: Case,
  failing: boolean,
  requests: number,
  seed: number,
): Promise<number> {
  const part = load.failing
  const share = failing && part !== undefined ? 1 / part.every : 0
  const arrivals = arrivalsOf(requests, ARRIVAL_RATE, share, seed)
  return quantile(await openLoop(connections, arrivals, load.work, part?.work ?? load.work), 0.99) * 1000
}
