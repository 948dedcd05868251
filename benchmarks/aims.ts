import { STARTUP, TITLES } from './cases.ts'
import { METRICS, type Metric, type Results } from './results.ts'
import { type Estimate, estimate, isDifferent, pairs } from './statistics.ts'
import { BARE, VARIANTS } from './variants.ts'

/** What the project wants a figure of its own to be at most. */
export interface Aim {
  readonly case: string
  readonly variant: string
  readonly metric: Metric
  /** What it is compared with. */
  readonly to: string
  /** For the Nodes that keep asynchronous contexts without hooks, 24 and later, and for those before. */
  readonly limit: { readonly since24: number; readonly before: number }
}

/**
 * Where the limit lies: above the whole interval, below all of it, or within. There the median tells, unless no
 * difference was seen.
 */
export type Verdict =
  | 'reached'
  | 'reached by the median'
  | 'missed by the median'
  | 'not reached'
  | 'too close to tell'
  | 'not measured'

/** How far one aim is reached on one Node. */
export interface Outcome {
  readonly limit: number
  readonly found: Estimate | undefined
  readonly verdict: Verdict
}

function cpu(caseName: string, since24: number, before: number, variant = 'isolate', to = BARE): Aim {
  return { case: caseName, variant, metric: 'cpu', to, limit: { since24, before } }
}

export const AIMS: readonly Aim[] = [
  cpu('success', 1.03, 1.15),
  cpu('success', 1, 1, 'isolate', 'request-context'),
  cpu('logged', 1.02, 1.1),
  cpu('awaits', 1.03, 1.2),
  cpu('fails', 0.8, 0.9),
  { case: 'mixed', variant: 'isolate', metric: 'p99', to: BARE, limit: { since24: 1.1, before: 1.1 } },
  cpu('success', 1.01, 1.02, 'escapes-off'),
  { case: STARTUP, variant: 'isolate', metric: 'startup', to: BARE, limit: { since24: 15, before: 15 } },
]

/** What an aim is about, in words. */
export function describeAim(aim: Aim): string {
  const title = aim.case === 'mixed' ? `${TITLES.get(aim.case)}, p99` : TITLES.get(aim.case)
  const variant = aim.variant === 'escapes-off' ? ', `escapes: false`' : ''
  const to = aim.to === BARE ? '' : `, compared with ${VARIANTS[aim.to]?.title}`
  return `${title}${variant}${to}`
}

/** Compares an aim with what was measured. */
export function triage(aim: Aim, results: Results): Outcome {
  const limit = Number.parseInt(results.node, 10) >= 24 ? aim.limit.since24 : aim.limit.before
  const found = find(aim, results)
  return {
    limit,
    found,
    verdict: found === undefined ? 'not measured' : verdictOn(found, limit, METRICS[aim.metric].same),
  }
}

function find(aim: Aim, { cases }: Results): Estimate | undefined {
  const figures = cases[aim.case]
  const own = figures?.[aim.variant]?.[aim.metric]
  if (aim.to === BARE) return own?.toBare
  const other = figures?.[aim.to]?.[aim.metric]
  if (!own?.rounds || !other?.rounds) return undefined
  return estimate(pairs(own.rounds, other.rounds, (value, others) => value / others))
}

function verdictOn(found: Estimate, limit: number, same: 0 | 1): Verdict {
  if (asPrinted(found.high) <= limit) return 'reached'
  if (asPrinted(found.low) > limit) return 'not reached'
  if (!isDifferent(found, same)) return 'too close to tell'
  return asPrinted(found.median) <= limit ? 'reached by the median' : 'missed by the median'
}

function asPrinted(value: number): number {
  return Math.round(value * 1000) / 1000
}
