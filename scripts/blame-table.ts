/**
 * Writes the table of docs/quarantine.md: lets simulated apps die until a route is blamed.
 *
 *     npm run docs:quarantine
 *
 * Takes three minutes, and finds the same each time.
 */
import { type Scene, simulate, type Tally } from '../test/blame/simulation.ts'
import { writeBlock } from './page-block.ts'

const PAGE = 'docs/quarantine.md'
const START = '<!-- table: npm run docs:quarantine -->'
const END = '<!-- end of table -->'
const SERIES = 500
const INNOCENT_SERIES = 1_000

const ROUTES = [20, 100]
const IN_FLIGHT = [1, 5, 20, 100]
/** Columns: which route is guilty. */
const GUILTY: Readonly<Record<string, (routes: number) => Partial<Scene>>> = {
  'the rarest': (routes) => ({ guilty: routes - 1 }),
  'one in the middle': (routes) => ({ guilty: routes / 2 }),
  'the third most asked for': () => ({ guilty: 2 }),
  'the most asked for': () => ({ guilty: 0 }),
  'one in the middle, of half of the deaths': (routes) => ({ guilty: routes / 2, share: 0.5 }),
}

const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`

function cellOf({ found, innocent, median, most }: Tally): string {
  if (median === undefined) return `nobody is found; innocent ${percent(innocent)}`
  const deaths = median === most ? `${median}` : `${median} (${most})`
  return `${deaths}; found ${percent(found)}, innocent ${percent(innocent)}`
}

function rowOf(routes: number, inFlight: number): string {
  const cells = Object.values(GUILTY).map((scene) =>
    cellOf(simulate({ routes, inFlight, guilty: undefined, ...scene(routes) }, SERIES)),
  )
  const { innocent, coincidence } = simulate({ routes, inFlight, guilty: undefined }, INNOCENT_SERIES)
  const line = [routes, inFlight, ...cells, percent(innocent), percent(coincidence)]
  console.log(line.join(' | '))
  return `| ${line.join(' | ')} |`
}

const rows = ROUTES.flatMap((routes) => IN_FLIGHT.map((inFlight) => rowOf(routes, inFlight)))
const guilty = Object.keys(GUILTY).map((who) => `guilty: ${who}`)
const nobody = ['nobody is guilty: blamed', 'in flight three times in a row']
const head = ['routes', 'in flight', ...guilty, ...nobody]
const table = [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...rows].join('\n')
writeBlock(PAGE, START, END, table)
