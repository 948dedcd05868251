import type { Sample } from './sample.ts'

/**
 * Bytes that the heap may grow from the first third of the warm samples to the last third: what code and pools
 * take, and what a request may leave. A context that is kept leaves some six hundred bytes.
 *
 * @param requests All requests of the soak; half of them lie between the middles of these thirds.
 */
export function maxHeapGrowth(requests: number): number {
  return 4_000_000 + 25 * (requests / 2)
}

/** The share of the samples that is not looked at: code is compiled, pools fill. */
const WARM_UP = 0.25

/** What grew from the first to the last sample. */
export interface Growth {
  /** Bytes. */
  readonly heap: number
  /** Of which kinds of handles, and of whose listeners, there are more than at the start. */
  readonly handles: Readonly<Record<string, number>>
  readonly listeners: Readonly<Record<string, number>>
}

/** @param start Before the first request. */
export function growthOf(start: Sample, samples: readonly Sample[]): Growth {
  const last = samples.at(-1) ?? start
  return {
    heap: heapGrowth(samples.map(({ heap }) => heap)),
    handles: more(start.resources, last.resources),
    listeners: more(start.listeners, last.listeners),
  }
}

/** The medians of the thirds are compared: one sample may be taken while something old waits for its collection. */
export function heapGrowth(heaps: readonly number[]): number {
  const warm = heaps.slice(Math.floor(heaps.length * WARM_UP))
  const third = Math.max(1, Math.floor(warm.length / 3))
  return median(warm.slice(-third)) - median(warm.slice(0, third))
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return (
    ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.floor(sorted.length / 2)] ?? 0)) / 2
  )
}

function more(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after)
      .map(([name, count]) => [name, count - (before[name] ?? 0)] as const)
      .filter(([, growth]) => growth > 0),
  )
}
