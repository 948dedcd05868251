import { STARTUP, TITLES } from './cases.ts'
import { METRICS, metricOf, type Results } from './results.ts'
import { compare, type Estimate } from './statistics.ts'
import { BARE, VARIANTS } from './variants.ts'

/** What the project wants a figure of its own to be at most. */
export interface Aim {
  readonly case: string
  readonly variant: string
  /** What it is compared with. */
  readonly to: string
  /** By the major version of Node. */
  readonly limit: Readonly<Record<number, number>>
}

/**
 * Where the limit lies: above the whole interval, below all of it, or within. There the value itself tells, unless the
 * interval is too wide for that.
 */
export type Verdict =
  | 'reached'
  | 'reached by the value'
  | 'missed by the value'
  | 'not reached'
  | 'too close to tell'
  | 'not measured'

/** How far one aim is reached on one Node. */
export interface Outcome {
  readonly limit: number
  readonly found: Estimate | undefined
  readonly verdict: Verdict
}

/** How wide an interval may be that the value tells within it: as a ratio, and in milliseconds as a difference. */
const FINE = { 1: 0.02, 0: 2 } as const

function aim(
  [caseName, variant, to]: readonly [string, string, string],
  [on20, on22, on24, on26]: readonly [number, number, number, number],
): Aim {
  return { case: caseName, variant, to, limit: { 20: on20, 22: on22, 24: on24, 26: on26 } }
}

export const AIMS: readonly Aim[] = [
  aim(['fails', 'isolate', BARE], [0.85, 0.85, 0.8, 0.8]),
  aim(['silent', 'isolate', BARE], [1.15, 1.15, 1.15, 1.15]),
  aim(['seldom', 'isolate', BARE], [1.05, 1.05, 1.05, 1.05]),
  aim(['mixed', 'isolate', BARE], [1.1, 1.1, 1.1, 1.1]),
  aim(['success', 'isolate', BARE], [1.2, 1.12, 1.03, 1.03]),
  aim(['logged', 'isolate', BARE], [1.18, 1.08, 1.02, 1.02]),
  aim(['awaits', 'isolate', BARE], [1.2, 1.2, 1.03, 1.03]),
  aim(['success', 'isolate', 'request-context'], [1, 1, 1, 1]),
  aim(['success', 'escapes-off', BARE], [1.03, 1.03, 1.01, 1.01]),
  aim(['success', 'runaway', 'isolate'], [1.01, 1.01, 1.01, 1.01]),
  aim(['success', 'recorder', 'isolate'], [1.01, 1.01, 1.01, 1.01]),
  aim([STARTUP, 'isolate', BARE], [15, 15, 8, 8]),
]

/** What an aim is about, in words. */
export function describeAim(aim: Aim): string {
  const title = aim.case === 'mixed' ? `${TITLES.get(aim.case)}, p99` : TITLES.get(aim.case)
  const variant = aim.variant === 'isolate' ? '' : `, ${VARIANTS[aim.variant]?.title}`
  const to = aim.to === BARE ? '' : `, compared with ${VARIANTS[aim.to]?.title}`
  return `${title}${variant}${to}`
}

/** Compares an aim with what was measured. */
export function triage(aim: Aim, results: Results): Outcome {
  const limit = limitOf(aim, Number.parseInt(results.node, 10))
  const found = find(aim, results)
  const verdict =
    found === undefined ? 'not measured' : verdictOn(found, limit, METRICS[metricOf(aim.case)].same)
  return { limit, found, verdict }
}

/** That of the version, or of the last one before it that has one. */
function limitOf({ limit }: Aim, major: number): number {
  const known = Object.keys(limit).map(Number)
  return limit[Math.max(...known.filter((version) => version <= major))] as number
}

function find(aim: Aim, { cases }: Results): Estimate | undefined {
  const figures = cases[aim.case]
  const metric = metricOf(aim.case)
  const own = figures?.[aim.variant]?.[metric]
  if (aim.to === BARE) return own?.toBare
  const other = figures?.[aim.to]?.[metric]
  return own && other && compare(own.rounds, other.rounds, METRICS[metric].same)
}

function verdictOn(found: Estimate, limit: number, same: 0 | 1): Verdict {
  if (asPrinted(found.high) <= limit) return 'reached'
  if (asPrinted(found.low) > limit) return 'not reached'
  if (found.high - found.low > FINE[same]) return 'too close to tell'
  return asPrinted(found.value) <= limit ? 'reached by the value' : 'missed by the value'
}

function asPrinted(value: number): number {
  return Math.round(value * 1000) / 1000
}
