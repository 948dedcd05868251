import { markdownTable } from 'markdown-table'
import { AIMS, describeAim, type Outcome, triage } from './aims.ts'
import { TITLES } from './cases.ts'
import { type Figure, type FiguresByCase, METRICS, type Metric, metricOf, type Results } from './results.ts'
import type { Estimate } from './statistics.ts'
import { BARE, VARIANTS } from './variants.ts'

/** A ratio or a difference to another server with its interval, as all tables print it. */
export function comparison(metric: Metric, { value, low, high }: Estimate): string {
  const { same, unit } = METRICS[metric]
  const digits = same === 1 ? 3 : 1
  const interval = `(${low.toFixed(digits)} to ${high.toFixed(digits)})`
  if (same === 1) return `${value.toFixed(digits)} ${interval}`
  return `${value < 0 ? '' : '+'}${value.toFixed(digits)} ${unit} ${interval}`
}

function cellOf(metric: Metric, figure: Figure | undefined): string {
  if (figure === undefined) return ''
  if (figure.toBare) return comparison(metric, figure.toBare)
  return `${figure.value.toFixed(METRICS[metric].digits)} ${METRICS[metric].unit}`
}

function table(rows: string[][]): string {
  const align = (rows[0] ?? []).map((_, i) => (i === 0 ? 'l' : 'r'))
  return markdownTable(rows, { align })
}

/**
 * All variants in these cases, compared with bare Fastify; its own row has the values themselves.
 *
 * @param metric - Default: what each case is about.
 */
export function caseTable(cases: FiguresByCase, metric?: Metric): string {
  const figureOf = (name: string, variant: string): Figure | undefined =>
    cases[name]?.[variant]?.[metric ?? metricOf(name)]
  const names = [...TITLES.keys()].filter((name) => figureOf(name, BARE))
  const variants = Object.keys(VARIANTS).filter((variant) => names.some((name) => figureOf(name, variant)))
  const rows = variants.map((variant) => [
    VARIANTS[variant]?.title ?? variant,
    ...names.map((name) => cellOf(metric ?? metricOf(name), figureOf(name, variant))),
  ])
  return table([['', ...names], ...rows])
}

function outcomeText(metric: Metric, isBare: boolean, { limit, found, verdict }: Outcome): string {
  if (found === undefined) return verdict
  const text = `${comparison(metric, found)}, aim ${isBare ? 'at most' : 'below'} ${limit}: ${verdict}`
  return verdict === 'not reached' || verdict === 'missed by the value' ? `**${text}**` : text
}

/** Every aim, and on each Node what was found, the limit, and whether it is reached; then how many cannot be told. */
export function aimsTable(all: readonly Results[]): string {
  const outcomes = AIMS.map((aim) => all.map((results) => triage(aim, results)))
  const rows = AIMS.map((aim, i) => [
    describeAim(aim),
    ...(outcomes[i] ?? []).map((outcome) => outcomeText(metricOf(aim.case), aim.to === BARE, outcome)),
  ])
  const measured = outcomes.flat().filter(({ verdict }) => verdict !== 'not measured')
  const count = (verdict: string): number =>
    measured.filter((outcome) => outcome.verdict.startsWith(verdict)).length
  const summary =
    `Of ${measured.length} rows ${count('reached')} are reached, ${count('not') + count('missed')} are not, ` +
    `and ${count('too')} are too close to tell; one in ten may be.`
  return `${table([['', ...all.map(({ node }) => `Node ${node}`)], ...rows])}\n\n${summary}`
}
