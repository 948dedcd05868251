import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { EventLoopDelay } from './crash-report.ts'

/** Milliseconds between two samples: 10 wake-ups a second cost nothing that can be measured. */
const RESOLUTION = 100

let histogram: IntervalHistogram | undefined

/** Starts measuring. */
export function watchEventLoop(): void {
  histogram ??= monitorEventLoopDelay({ resolution: RESOLUTION })
  histogram.enable()
}

/** Stops measuring and drops what was measured. */
export function unwatchEventLoop(): void {
  histogram?.disable()
  histogram = undefined
}

/** Returns what was measured; null where nothing was. */
export function eventLoopDelay(): EventLoopDelay | null {
  if (histogram === undefined || histogram.count === 0) return null
  return {
    mean: milliseconds(histogram.mean),
    p50: milliseconds(histogram.percentile(50)),
    p99: milliseconds(histogram.percentile(99)),
    max: milliseconds(histogram.max),
  }
}

/** Node's histogram holds the time between samples, the resolution included, in nanoseconds. */
function milliseconds(nanoseconds: number): number {
  return Math.max(0, Math.round(nanoseconds / 1e4 - RESOLUTION * 100) / 100)
}
