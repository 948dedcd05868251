/**
 * Where the time of a server goes: one measured server under `--cpu-prof`, with load.
 *
 *     npm run bench:profile -- [--case success] [--variant isolate] [--node PATH] [--requests 100000] [--top 25]
 *
 * The profile itself stays in `build/profiles`, for the developer tools of Chrome.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { markdownTable } from 'markdown-table'
import { CASES, FAILING_SHARE } from './cases.ts'
import { closedLoop } from './load.ts'
import { MeasuredServer } from './measured-server.ts'
import { BUSY_CONNECTIONS, mixOf } from './rounds.ts'
import { type CpuProfile, OUTSIDE, type SelfTime, selfTimes } from './self-time.ts'
import { VARIANTS } from './variants.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const FOLDER = join(ROOT, 'build/profiles')
/** Shorter than the default of a millisecond, in which a server answers many requests. In microseconds. */
const INTERVAL = 200

const { values } = parseArgs({
  options: {
    case: { type: 'string', default: 'success' },
    variant: { type: 'string', default: 'isolate' },
    node: { type: 'string', default: process.execPath },
    requests: { type: 'string', default: '100000' },
    top: { type: 'string', default: '25' },
  },
})
const requests = Number(values.requests)
const load = CASES[values.case]
if (load === undefined) throw new Error(`no case ${values.case}: there are ${Object.keys(CASES).join(', ')}`)
const variant = VARIANTS[values.variant]
if (variant === undefined) {
  throw new Error(`no variant ${values.variant}: there are ${Object.keys(VARIANTS).join(', ')}`)
}

const now = (): number => Number(process.hrtime.bigint() / 1000n)

const written = mkdtempSync(join(tmpdir(), 'bench-profile-'))
const server = await MeasuredServer.start(values.node, variant.server, load.logs, undefined, [
  '--cpu-prof',
  `--cpu-prof-interval=${INTERVAL}`,
  `--cpu-prof-dir=${written}`,
])
const connections = await server.connect(BUSY_CONNECTIONS)
const workOf = mixOf(load, FAILING_SHARE)
await closedLoop(connections, Math.max(20_000, requests / 5), workOf)
const before = await server.cpu()
const from = now()
await closedLoop(connections, requests, workOf)
const until = now()
const cpu = ((await server.cpu()) - before) / requests
for (const connection of connections) connection.close()
await server.stop()

mkdirSync(FOLDER, { recursive: true })
const kept = join(FOLDER, `${values.case}-${values.variant}.cpuprofile`)
renameSync(join(written, readdirSync(written)[0] as string), kept)
const all = selfTimes(JSON.parse(readFileSync(kept, 'utf8')) as CpuProfile, from, until, ROOT)

const inside = all.filter(({ name }) => !OUTSIDE.includes(name))
const sum = (times: readonly SelfTime[]): number => times.reduce((micros, time) => micros + time.micros, 0)
const total = sum(inside)
if (total === 0) throw new Error('the profile has no sample of the time that was measured')
const share = (micros: number): string => `${((micros / total) * 100).toFixed(1)} %`
const each = (micros: number): string => (micros / requests).toFixed(2)
const owners = [...new Set(inside.map(({ owner }) => owner))]
  .map((owner) => ({ owner, micros: sum(inside.filter((time) => time.owner === owner)) }))
  .sort((a, b) => b.micros - a.micros)
const outside = OUTSIDE.map((name) => ({ name, micros: sum(all.filter((time) => time.name === name)) }))

const show = (rows: string[][], align: string[]): void => console.log(`${markdownTable(rows, { align })}\n`)
console.log(
  `${load.title}, ${variant.title}, ${requests} requests: ${cpu.toFixed(1)} µs of CPU time each with the profiler.`,
)
console.log(
  `Self time; left out are ${outside.map(({ name, micros }) => `${name} ${each(micros)} µs`).join(', ')} a request.\n`,
)
show(
  [
    ['whose', 'µs a request', 'share'],
    ...owners.map(({ owner, micros }) => [owner, each(micros), share(micros)]),
  ],
  ['l', 'r', 'r'],
)
show(
  [
    ['function', 'place', 'µs a request', 'share'],
    ...inside
      .slice(0, Number(values.top))
      .map(({ name, place, micros }) => [name, place, each(micros), share(micros)]),
  ],
  ['l', 'l', 'r', 'r'],
)
console.log(kept)
