import { firstLine } from '../log/describe-fault.ts'
import type { Series } from './series.ts'

/** `restarted 4 times in 12 s (the last death: exited with code 3)`. */
export function describeSeries({ deaths, since }: Series): string {
  const times = deaths.length === 1 ? 'once' : `${deaths.length} times`
  const { because, loading } = deaths.at(-1) ?? {}
  const last = [because, loading].flatMap((text) => text ?? []).join('; ')
  const why = last === '' ? '' : ` (the last death: ${firstLine(last)})`
  return `restarted ${times} in ${Math.round(since / 1_000)} s${why}`
}

/** What the log line of a series holds. */
export function fieldsOf({ deaths, since }: Series): object {
  return {
    restarts: deaths.length,
    within: since,
    deaths: deaths.map(({ startedAt, listenedAt, endedAt, because, loading }) => ({
      startedAt: iso(startedAt),
      listenedAt: iso(listenedAt),
      diedAt: iso(endedAt),
      because,
      loading,
    })),
  }
}

function iso(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString()
}
