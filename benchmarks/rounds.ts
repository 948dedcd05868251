import { median, quantile } from 'simple-statistics'
import type { Case, Work } from './cases.ts'
import { arrivalsOf, closedLoop, openLoop } from './load.ts'
import type { MeasuredServer } from './measured-server.ts'
import type { Metric } from './results.ts'

/** Connections that keep a server busy, for CPU time and throughput. */
export const BUSY_CONNECTIONS = 32
/** Connections for the response times of a closed loop: few, for many would measure how long the queue is. */
export const TIMED_CONNECTIONS = 4
/** Requests a second where they arrive by themselves. */
export const ARRIVAL_RATE = 1000
/** Requests before anything is measured, for the compilers, as a multiple of those in a round. */
const WARM_UP = 5

/** What was measured of one server in one round. */
export type Sample = Partial<Record<Metric, number>>

const SECOND = 1_000_000

function timesOf(times: number[]): Sample {
  return { p50: median(times) * 1000, p99: quantile(times, 0.99) * 1000 }
}

/** As many requests as the server can answer, then some whose response time is measured. */
export async function closedRound(server: MeasuredServer, { work }: Case, requests: number): Promise<Sample> {
  const connections = await server.connect(BUSY_CONNECTIONS)
  const workOf = (): Work => work
  await closedLoop(connections, connections.length, workOf)
  const before = await server.cpu()
  const startedAt = performance.now()
  await closedLoop(connections, requests, workOf)
  const micros = (performance.now() - startedAt) * 1000
  const cpu = (await server.cpu()) - before
  const times = await closedLoop(connections.slice(0, TIMED_CONNECTIONS), Math.ceil(requests / 4), workOf)
  for (const connection of connections) connection.close()
  return { cpu: cpu / requests, throughput: (requests / micros) * SECOND, ...timesOf(times) }
}

/** Requests that arrive by themselves, a part of which fails. */
export async function openRound(
  server: MeasuredServer,
  work: Work,
  failing: Work,
  share: number,
  requests: number,
  seed: number,
): Promise<Sample> {
  const connections = await server.connect(BUSY_CONNECTIONS)
  await closedLoop(connections, connections.length, () => work)
  const count = Math.ceil(requests / 2) // They take their time.
  const before = await server.cpu()
  const arrivals = arrivalsOf(count, ARRIVAL_RATE, share, seed)
  const times = await openLoop(connections, arrivals, work, failing)
  const cpu = (await server.cpu()) - before
  for (const connection of connections) connection.close()
  return { cpu: cpu / count, ...timesOf(times) }
}

/** What each request of a closed loop asks for, where a share of them fails. */
export function mixOf({ work, failing = work }: Case, share: number): (index: number) => Work {
  return (index) => ((index % 10) / 10 < share ? failing : work)
}

/** The load of the rounds before the first one, for the compilers. */
export async function warmUp(
  server: MeasuredServer,
  load: Case,
  share: number,
  requests: number,
): Promise<void> {
  const connections = await server.connect(BUSY_CONNECTIONS)
  await closedLoop(connections, requests * WARM_UP, mixOf(load, share))
  for (const connection of connections) connection.close()
}
