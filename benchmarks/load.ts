import { setImmediate } from 'node:timers/promises'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { Work } from './cases.ts'
import type { Connection } from './connection.ts'

/** A request of an open loop. */
export interface Arrival {
  /** In milliseconds from the start. */
  readonly at: number
  readonly fails: boolean
}

/** Sends requests as fast as they are answered, one at a time on each connection. */
export async function closedLoop(
  connections: readonly Connection[],
  requests: number,
  workOf: (index: number) => Work,
): Promise<void> {
  let sent = 0
  await Promise.all(
    connections.map(async (connection) => {
      while (sent < requests) {
        const work = workOf(sent)
        sent += 1
        await connection.request(work)
      }
    }),
  )
}

/**
 * When requests of many independent clients arrive: at random, as a Poisson process does. The same seed makes the
 * same arrivals, so that all servers of a round get the same traffic.
 *
 * @param rate - How many a second.
 * @param failing - The share that fails, from 0 to 1. It changes no arrival.
 */
export function arrivalsOf(requests: number, rate: number, failing: number, seed: number): Arrival[] {
  const random = xoroshiro128plus(seed)
  let at = 0
  return Array.from({ length: requests }, () => {
    at -= (Math.log(1 - uniformFloat64(random)) / rate) * 1000
    return { at, fails: uniformFloat64(random) < failing }
  })
}

/**
 * Sends each request when it arrives, whether those before it are answered or not. One that finds no free
 * connection waits, and its response time counts from its arrival.
 *
 * @returns The response times of those that do not fail, in milliseconds.
 */
export async function openLoop(
  connections: readonly Connection[],
  arrivals: readonly Arrival[],
  work: Work,
  failing: Work,
): Promise<number[]> {
  const times: number[] = []
  const free = [...connections]
  const pending = new Set<Promise<void>>()
  let failure: unknown
  const startedAt = performance.now()
  for (const { at, fails } of arrivals) {
    // A timer would be a millisecond late. The client has a core of its own.
    while (performance.now() - startedAt < at || free.length === 0) {
      await setImmediate()
      if (failure !== undefined) throw failure
    }
    const connection = free.pop() as Connection
    const answered: Promise<void> = connection
      .request(fails ? failing : work)
      .then(() => {
        if (!fails) times.push(performance.now() - startedAt - at)
        free.push(connection)
        pending.delete(answered)
      })
      .catch((error: unknown) => {
        failure ??= error
      })
    pending.add(answered)
  }
  await Promise.all(pending)
  if (failure !== undefined) throw failure
  return times
}
