import { CASES } from './cases.ts'
import { type Figures, metricOf, type Results } from './results.ts'
import { isDifferent } from './statistics.ts'
import { VARIANTS } from './variants.ts'

/** Colours that those who see fewer of them can tell apart, after Okabe and Ito. */
const OWN = '#0072B2'
const OTHERS = '#D55E00'
const INK = '#24292f'
/** White also where the page is dark. */
const BACKGROUND = '#ffffff'

const FINE: readonly number[] = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.35, 1.5, 2, 3, 4, 6]
/** For a domain so wide that the fine labels would overlap. */
const COARSE: readonly number[] = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50, 100]

interface Row {
  readonly variant: string
  readonly stroke: string
  readonly fill: string
  readonly ratio: number
  readonly low: number
  readonly high: number
  readonly label: string
}

function titleOf(variant: string): string {
  return (VARIANTS[variant]?.title ?? variant).replaceAll('`', '')
}

function rowsOf(caseName: string, figures: Readonly<Record<string, Figures>>): Row[] {
  return Object.entries(figures).flatMap(([name, own]) => {
    const to = own[metricOf(caseName)]?.toBare
    const title = titleOf(name)
    if (to === undefined) return []
    const stroke = title.startsWith('fastify-isolate') ? OWN : OTHERS
    const fill = isDifferent(to, 1) ? stroke : BACKGROUND
    return {
      variant: title,
      stroke,
      fill,
      ratio: to.value,
      low: to.low,
      high: to.high,
      label: to.value.toFixed(3),
    }
  })
}

/** From the lowest to the highest end of all bars, and at least what is near to bare Fastify. */
function domainOf(rows: readonly Row[]): [number, number] {
  return [
    Math.min(0.7, ...rows.map(({ low }) => low * 0.97)),
    Math.max(1.5, ...rows.map(({ high }) => high * 1.03)),
  ]
}

/** One case: a row for each variant. */
function panel(title: string, rows: readonly Row[], domain: [number, number]): object {
  const ticks = domain[1] / domain[0] > 8 ? COARSE : FINE
  const values = ticks.filter((tick) => tick >= domain[0] && tick <= domain[1])
  const x = {
    type: 'quantitative',
    scale: { type: 'log', domain, nice: false },
    title: null,
    axis: { values, format: '~g', labelOverlap: false, labelFlush: false },
  }
  const sort = Object.keys(VARIANTS).map(titleOf)
  const y = { field: 'variant', type: 'nominal', sort, title: null }
  const stroke = { field: 'stroke', type: 'nominal', scale: null }
  return {
    title: { text: title, anchor: 'start', frame: 'group', fontSize: 13, offset: 4 },
    data: { values: rows },
    width: 540,
    height: { step: 17 },
    layer: [
      { mark: { type: 'rule', color: INK, strokeWidth: 1.5 }, encoding: { x: { ...x, datum: 1 } } },
      {
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y, stroke },
      },
      {
        mark: { type: 'point', size: 55, strokeWidth: 2, opacity: 1 },
        encoding: {
          x: { ...x, field: 'ratio' },
          y,
          stroke,
          fill: { field: 'fill', type: 'nominal', scale: null },
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 6, fontSize: 12, color: INK },
        encoding: { x: { value: 'width' }, y, text: { field: 'label' } },
      },
    ],
  }
}

/** The chart of one Node, in the language of Vega-Lite. */
export function chartOf({ node, cases }: Results): object {
  const panels = Object.entries(CASES).flatMap(([name, { title, isOpen }]) => {
    const rows = rowsOf(name, cases[name] ?? {})
    return rows.length === 0 ? [] : { title: isOpen ? `${title}: p99 of its response time` : title, rows }
  })
  const domain = domainOf(panels.flatMap(({ rows }) => rows))
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: BACKGROUND,
    padding: 14,
    title: {
      text: `CPU time of the server process for one request on Node ${node}, as a ratio to bare Fastify`,
      subtitle: [
        'Less is better; 1 is bare Fastify. A bar is the 95 % interval.',
        'A hollow point: the interval holds 1, so that no difference was seen.',
      ],
      anchor: 'start',
      fontSize: 15,
      subtitleFontSize: 12,
      subtitlePadding: 6,
      offset: 14,
    },
    spacing: 14,
    vconcat: panels.map(({ title, rows }) => panel(title, rows, domain)),
    config: {
      font: 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif',
      axis: {
        labelFontSize: 12,
        labelColor: INK,
        domainColor: '#8c959f',
        tickColor: '#8c959f',
        labelLimit: 0,
      },
      title: { color: INK, subtitleColor: INK },
      view: { stroke: '#d0d7de' },
    },
  }
}
