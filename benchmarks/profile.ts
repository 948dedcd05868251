/**
 * Where the time goes: one measured server under `--cpu-prof`, with load, or one start of an app.
 *
 *     npm run bench:profile -- [--case success] [--variant isolate] [--node PATH] [--requests 100000] [--top 25]
 *
 * The profile itself stays in `build/profiles`, for the developer tools of Chrome.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { markdownTable } from 'markdown-table'
import { CASES, STARTUP, TITLES } from './cases.ts'
import { profileRequests, profileStartup } from './profiled.ts'
import { type CpuProfile, OUTSIDE, type SelfTime, selfTimes } from './self-time.ts'
import { VARIANTS } from './variants.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const FOLDER = join(ROOT, 'build/profiles')

const { values } = parseArgs({
  options: {
    case: { type: 'string', default: 'success' },
    variant: { type: 'string', default: 'isolate' },
    node: { type: 'string', default: process.execPath },
    requests: { type: 'string', default: '100000' },
    top: { type: 'string', default: '25' },
  },
})
const { case: name, node } = values
if (!TITLES.has(name)) throw new Error(`no case ${name}: there are ${[...TITLES.keys()].join(', ')}`)
const variant = VARIANTS[values.variant]
if (variant === undefined) {
  throw new Error(`no variant ${values.variant}: there are ${Object.keys(VARIANTS).join(', ')}`)
}

mkdirSync(FOLDER, { recursive: true })
const target = { folder: FOLDER, file: `${name}-${values.variant}.cpuprofile` }
const load = CASES[name]
const { from, until, unit, units } =
  name === STARTUP || load === undefined
    ? await profileStartup(node, variant, target)
    : await profileRequests(node, variant, load, Number(values.requests), target)
const kept = join(FOLDER, target.file)
const all = selfTimes(JSON.parse(readFileSync(kept, 'utf8')) as CpuProfile, from, until, ROOT)

const inside = all.filter(({ name }) => !OUTSIDE.includes(name))
const sum = (times: readonly SelfTime[]): number => times.reduce((micros, time) => micros + time.micros, 0)
const total = sum(inside)
if (total === 0) throw new Error('the profile has no sample of the time that was measured')
const share = (micros: number): string => `${((micros / total) * 100).toFixed(1)} %`
const each = (micros: number): string => (micros / units).toFixed(2)
const owners = [...new Set(inside.map(({ owner }) => owner))]
  .map((owner) => ({ owner, micros: sum(inside.filter((time) => time.owner === owner)) }))
  .sort((a, b) => b.micros - a.micros)
const outside = OUTSIDE.map((name) => ({ name, micros: sum(all.filter((time) => time.name === name)) }))

const show = (rows: string[][], align: string[]): void => console.log(`${markdownTable(rows, { align })}\n`)
console.log(
  `${TITLES.get(name)}, ${variant.title}: ${each(until - from)} µs by the clock for each ${unit}, with the profiler.`,
)
console.log(
  `Self time; left out are ${outside.map(({ name, micros }) => `${name} ${each(micros)} µs`).join(', ')}.\n`,
)
show(
  [
    ['whose', `µs a ${unit}`, 'share'],
    ...owners.map(({ owner, micros }) => [owner, each(micros), share(micros)]),
  ],
  ['l', 'r', 'r'],
)
show(
  [
    ['function', 'place', `µs a ${unit}`, 'share'],
    ...inside
      .slice(0, Number(values.top))
      .map(({ name, place, micros }) => [name, place, each(micros), share(micros)]),
  ],
  ['l', 'l', 'r', 'r'],
)
console.log(kept)
