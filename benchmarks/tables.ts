import { markdownTable } from 'markdown-table'
import { AIMS, describeAim, triage } from './aims.ts'
import { TITLES } from './cases.ts'
import { type Figure, type Figures, METRICS, type Metric, type Results } from './results.ts'
import { type Estimate, isDifferent } from './statistics.ts'
import { BARE, VARIANTS } from './variants.ts'

/** What is printed of a difference that is narrower than its spread. */
export const NO_DIFFERENCE = 'no difference seen'

const DIGITS: Readonly<Record<Metric, number>> = { cpu: 1, throughput: 0, p50: 0, p99: 0, startup: 1 }

function span({ low, high }: Estimate, digits: number): string {
  return `(${low.toFixed(digits)} to ${high.toFixed(digits)})`
}

/** A ratio or a difference to bare Fastify with its spread, as all tables print it. */
export function comparison(metric: Metric, to: Estimate): string {
  const { same, unit } = METRICS[metric]
  const digits = same === 1 ? 3 : 1
  if (!isDifferent(to, same)) return `${NO_DIFFERENCE} ${span(to, digits)}`
  if (same === 1) return `${to.median.toFixed(digits)} ${span(to, digits)}`
  return `${to.median < 0 ? '' : '+'}${to.median.toFixed(digits)} ${unit} ${span(to, digits)}`
}

function absolute(metric: Metric, { value }: Figure): string {
  return value.toFixed(DIGITS[metric])
}

function titleOf(variant: string): string {
  return VARIANTS[variant]?.title ?? variant
}

function table(rows: string[][], left = 1): string {
  const align = (rows[0] ?? []).map((_, i) => (i < left ? 'l' : 'r'))
  return markdownTable(rows, { align })
}

/** One case, all its metrics: what is printed while the rest is measured. */
export function caseTable(figures: Readonly<Record<string, Figures>>): string {
  const metrics = Object.keys(figures[BARE] ?? {}) as Metric[]
  const head = metrics.flatMap((metric) => [`${metric} ${METRICS[metric].unit}`, 'to bare'])
  const rows = Object.entries(figures).map(([variant, own]) => [
    titleOf(variant),
    ...metrics.flatMap((metric) => {
      const figure = own[metric]
      if (figure === undefined) return ['', '']
      return [absolute(metric, figure), figure.toBare ? comparison(metric, figure.toBare) : '']
    }),
  ])
  return table([['', ...head], ...rows])
}

/** One metric in all cases that have it, compared with bare Fastify; its own row has the values themselves. */
export function metricTable({ cases }: Results, metric: Metric): string {
  const names = [...TITLES.keys()].filter((name) => cases[name]?.[BARE]?.[metric])
  const variants = Object.keys(VARIANTS).filter((variant) => names.some((name) => cases[name]?.[variant]))
  const cellOf = (name: string, variant: string): string => {
    const figure = cases[name]?.[variant]?.[metric]
    if (figure === undefined) return ''
    if (figure.toBare) return comparison(metric, figure.toBare)
    return `${absolute(metric, figure)} ${METRICS[metric].unit}`
  }
  const rows = variants.map((variant) => [titleOf(variant), ...names.map((name) => cellOf(name, variant))])
  return table([['', ...names], ...rows])
}

/** Every aim, and on each Node what was found, the limit, and whether it is reached. */
export function aimsTable(all: readonly Results[]): string {
  const rows = AIMS.map((aim) => [
    describeAim(aim),
    ...all.map((results) => {
      const { limit, found, verdict } = triage(aim, results)
      if (found === undefined) return verdict
      const text = `${comparison(aim.metric, found)}, aim ${aim.to === BARE ? 'at most' : 'below'} ${limit}`
      return verdict === 'not reached' ? `**${text}: ${verdict}**` : `${text}: ${verdict}`
    }),
  ])
  return table([['', ...all.map(({ node }) => `Node ${node}`)], ...rows])
}
