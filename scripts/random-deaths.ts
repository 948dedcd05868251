/**
 * Kills a hundred processes of an app at random moments, and simulates it a hundred times: no route is to be closed.
 *
 *     npm run test:random-deaths [-- --record]
 *
 * Takes three minutes. Writes what came of it into docs/quarantine.md where that is asked for.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { simulate } from '../test/blame/simulation.ts'
import { dieAtRandom } from '../test/quarantine/random-deaths.ts'
import { writeBlock } from './page-block.ts'

const PAGE = 'docs/quarantine.md'
const START = '<!-- random deaths: npm run test:random-deaths -- --record -->'
const END = '<!-- end of random deaths -->'
const KILLS = 100
const SERIES = 100
const SEED = 15

const { values: given } = parseArgs({ options: { record: { type: 'boolean', default: false } } })

const ends: (() => unknown)[] = []
const dir = mkdtempSync(join(tmpdir(), 'isolate-random-deaths-'))
const t = { after: (end: () => unknown) => ends.push(end) }
const real = await dieAtRandom(t, dir, KILLS, SEED, (deaths) => {
  if (deaths % 10 === 0) console.log(`${deaths} deaths`)
}).finally(async () => {
  for (const end of ends) await end()
})
console.log(real)
rmSync(dir, { recursive: true })

const scene = { routes: 30, inFlight: 3, guilty: undefined, deaths: KILLS }
const blamed = Math.round(simulate(scene, SERIES).innocent * SERIES)
console.log(`simulated: ${blamed} of ${SERIES} series closed a route`)

const isGood = real.closed.length === 0 && real.statuses.join() === '200' && blamed <= SERIES * 0.05
if (given.record && isGood) {
  const served = real.answers.toLocaleString('en').replaceAll(',', ' ')
  const text = `\
${KILLS} processes of an app with thirty routes were killed with SIGKILL at random moments, one after another, while it
answered ${served} requests. ${real.deaths} had routes in flight, ${real.inFlight.toFixed(1)} on average. Routes that were closed at any time: ${real.closed.length}.
Of ${SERIES} simulated series of ${KILLS} such deaths ${blamed === 0 ? 'none' : blamed} closed a route.`
  writeBlock(PAGE, START, END, text)
}
process.exitCode = isGood ? 0 : 1
