/**
 * Bare Fastify beside this plugin: CPU time of the server process for one request, as a ratio.
 *
 *     npm run bench -- [--node PATH]... [--case NAME]... [--rounds 24] [--requests 4000] [--processes 3]
 *
 * Every server has a process of its own, and is started anew several times, for a compiler's luck lasts as long
 * as a process. The rounds are short and alternate, so that what else the machine does hits both alike; the ratio
 * is taken within a round.
 */
import { parseArgs } from 'node:util'
import { CASES, type Case, VARIANTS } from './apps.ts'
import { type Cost, MeasuredServer } from './measured-server.ts'
import { type Spread, spreadOf } from './statistics.ts'

const { values } = parseArgs({
  options: {
    node: { type: 'string', multiple: true, default: [process.execPath] },
    case: { type: 'string', multiple: true, default: Object.keys(CASES) },
    variant: { type: 'string', multiple: true, default: ['isolate', 'escapes-off'] },
    rounds: { type: 'string', default: '24' },
    requests: { type: 'string', default: '4000' },
    processes: { type: 'string', default: '3' },
  },
})
const rounds = Number(values.rounds)
const requests = Number(values.requests)
const processes = Number(values.processes)

interface Sample {
  readonly variant: string
  readonly cost: Cost
}

/** One round of every server, in an order that turns with the rounds. */
async function roundOf(servers: Map<string, MeasuredServer>, turn: number): Promise<Sample[]> {
  const names = [...servers.keys()]
  const samples: Sample[] = []
  for (let i = 0; i < names.length; i += 1) {
    const variant = names[(i + turn) % names.length] as string
    samples.push({ variant, cost: await (servers.get(variant) as MeasuredServer).round(requests) })
  }
  return samples
}

async function measure(node: string, name: string, work: Case, variants: string[]): Promise<Sample[][]> {
  const all: Sample[][] = []
  for (let i = 0; i < processes; i += 1) {
    const servers = new Map<string, MeasuredServer>()
    for (const variant of variants) {
      const server = new MeasuredServer(node, name, variant, work)
      servers.set(variant, server)
      await server.ready()
    }
    for (const server of servers.values()) await server.round(requests * 6)
    for (let turn = 0; turn < rounds / processes; turn += 1) all.push(await roundOf(servers, turn))
    for (const server of servers.values()) await server.stop()
  }
  return all
}

function costsOf(samples: Sample[][], variant: string): Cost[] {
  return samples.flatMap((round) =>
    round.filter((sample) => sample.variant === variant).map(({ cost }) => cost),
  )
}

function ratio({ low, median, high }: Spread): string {
  const text = `${median.toFixed(3)} [${low.toFixed(3)} ${high.toFixed(3)}]`
  return low <= 1 && high >= 1 ? `${text} no difference seen` : text
}

function report(name: Case, samples: Sample[][], variants: string[]): void {
  const bare = costsOf(samples, 'bare')
  console.log(`${name.title}: bare Fastify ${spreadOf(bare.map(({ cpu }) => cpu)).median.toFixed(1)} µs`)
  for (const variant of variants) {
    if (variant === 'bare') continue
    const costs = costsOf(samples, variant)
    const ratios = costs.map(({ cpu }, i) => cpu / (bare[i] as Cost).cpu)
    const micros = spreadOf(costs.map(({ cpu }) => cpu)).median.toFixed(1)
    console.log(`  ${variant.padEnd(14)}${micros.padStart(6)} µs  ${ratio(spreadOf(ratios))}`)
  }
}

for (const node of values.node) {
  console.log(
    `${node}: CPU time a request, ratio to bare Fastify [middle half], ${rounds} rounds of ${requests}`,
  )
  for (const name of values.case) {
    const work = CASES[name]
    if (work === undefined) throw new Error(`no case ${name}: there are ${Object.keys(CASES).join(', ')}`)
    const unknown = values.variant.find((variant) => !(variant in VARIANTS))
    if (unknown !== undefined) throw new Error(`no variant ${unknown}: there are ${Object.keys(VARIANTS)}`)
    const variants = ['bare', ...values.variant]
    report(work, await measure(node, name, work, variants), variants)
  }
}
