import { type Growth, maxHeapGrowth } from './growth.ts'
import type { Ledger } from './ledger.ts'
import type { Sample } from './sample.ts'

/** All that a soak found. */
export interface Result {
  readonly ledger: Ledger
  /** Undefined where the soak did not come to its end. */
  readonly growth: Growth | undefined
  readonly samples: readonly Sample[]
  /** What ended it early, or was written to stderr. */
  readonly problems: readonly string[]
}

/** One line: what, how many, what it must be, and whether it is. */
interface Line {
  readonly what: string
  readonly found: number | string
  readonly must: string
  readonly isGood: boolean
}

/** Whether nothing was lost, wrong or grew. */
export function isGood(result: Result): boolean {
  return (
    result.problems.length === 0 &&
    result.growth !== undefined &&
    linesOf(result).every((line) => line.isGood)
  )
}

/** The counts as a table, and what went wrong. */
export function report(result: Result): string {
  const lines = linesOf(result).map(
    ({ what, found, must, isGood }) =>
      `${isGood ? ' ' : '!'} ${what.padEnd(34)}${String(found).padStart(10)}  ${must}`,
  )
  const { failures } = result.ledger
  const complaints = [...result.problems, ...failures, ...result.ledger.missing().slice(0, 20)]
  return [...lines, ...complaints.map((complaint) => `! ${complaint}`)].join('\n')
}

function linesOf({ ledger, growth, samples }: Result): Line[] {
  const { counts, expected, logged } = ledger
  const last = samples.at(-1)
  const none = (what: string, found: number): Line => ({ what, found, must: '0', isGood: found === 0 })
  const some = (what: string, found: number): Line => ({ what, found, must: '', isGood: found > 0 })
  const lines = [
    some('requests', counts.requests),
    some('answered', counts.answered),
    some('aborted by the client', counts.aborted),
    none('without an outcome', counts.requests - counts.answered - counts.aborted - counts.lost),
    some('faults', counts.faults),
    some('escapes', counts.escapes),
    none('lost', counts.lost),
    none('wrong answers', counts.wrong),
    none('answers with the secret', counts.leaks),
    none('log lines nobody expects', counts.strangeLines),
  ]
  for (const origin of new Set([...Object.keys(expected), ...Object.keys(last?.counts ?? {})])) {
    const all = [logged[origin] ?? 0, last?.counts[origin] ?? 0]
    const must = expected[origin] ?? 0
    lines.push({
      what: `${origin}: logged, counted`,
      found: all.join(' '),
      must: String(must),
      isGood: all.every((one) => one === must),
    })
  }
  if (growth === undefined) return lines
  lines.push({
    what: 'growth of the heap, kB',
    found: Math.round(growth.heap / 1e3),
    must: `at most ${Math.round(maxHeapGrowth(counts.requests) / 1e3)}; ${samples.map(({ heap }) => (heap / 1e6).toFixed(1)).join(' ')} MB`,
    isGood: growth.heap <= maxHeapGrowth(counts.requests),
  })
  for (const kind of ['handles', 'listeners'] as const) {
    const found = Object.values(growth[kind]).reduce((sum, count) => sum + count, 0)
    const names = Object.entries(growth[kind]).map(([name, count]) => `${name} +${count}`)
    lines.push({ ...none(`growth of ${kind}`, found), must: ['0', ...names].join(' ') })
  }
  const inFlight = last?.inFlight ?? []
  const left = samples.reduce((sum, { leftStreams }) => sum + leftStreams, 0)
  lines.push({ what: 'HTTP/2 streams that Node left open', found: left, must: '', isGood: true })
  lines.push({ ...none('requests still in flight', inFlight.length), must: ['0', ...inFlight].join(' ') })
  return lines
}
