/**
 * Whether memory stays flat: the heap after a forced garbage collection at 1 000 000 requests, beside that at
 * 100 000. Of a hundred requests ten are faults and one is an escape.
 *
 *     npm run bench:memory -- [--node PATH] [--requests 1000000]
 *
 * The exit code is 1 where the difference is more than 5 MB, an answer is not what it must be, or the counts do
 * not add up. A run of the full length writes `benchmarks/results/memory-node<major>.json`; a shorter one
 * takes its baseline at a tenth of its length and writes nothing. `npm run bench -- --page` shows it on the page.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { TYPESCRIPT } from '../test/support/typescript-flags.ts'
import { MemoryLoad } from './memory-load.ts'

const FULL = 1_000_000
const STEPS = 10
const LIMIT_MB = 5

interface Machine {
  readonly port: number
  readonly node: string
  readonly cpu: string
  readonly system: string
}

interface Sample {
  readonly heap: number
  readonly faults: Readonly<Record<string, number>>
  readonly inFlight: number
}

const { values } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    requests: { type: 'string', default: String(FULL) },
  },
})
const requests = Number(values.requests)
if (!Number.isInteger(requests / STEPS / 200)) throw new Error('--requests has to be a multiple of 2000')

const server = fileURLToPath(new URL('./memory-server.ts', import.meta.url))
const child = spawn(values.node, [...TYPESCRIPT, '--expose-gc', server], {
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
})
const megabytes = (bytes: number): number => Math.round(bytes / 1e3) / 1e3

const ended = once(child, 'exit').then(([code, signal]) => {
  throw new Error(`the server ended with ${code ?? signal}`)
})
ended.catch(() => {}) // it ends once it is told to, too

async function told<T>(): Promise<T> {
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [T]
  return message
}

function sample(): Promise<Sample> {
  const answer = told<Sample>()
  child.send('sample')
  return answer
}

/** What the counts of a server must be: the faults, and one half of the escapes of either kind. */
function isExact({ faults, inFlight }: Sample, sent: number): boolean {
  const { handler, rejection, exception, ...others } = faults
  const hasOthers = Object.values(others).some((count) => count > 0)
  return (
    handler === sent / 10 &&
    rejection === sent / 200 &&
    exception === sent / 200 &&
    !hasOthers &&
    inFlight === 0
  )
}

const { port, ...machine } = await told<Machine>()
console.log(`Node ${machine.node}, ${machine.cpu}: heap after a forced collection`)
const load = new MemoryLoad(port)
const startedAt = Date.now()
const heaps: { readonly requests: number; readonly heapMB: number }[] = []
let last: Sample | undefined
for (let step = 1; step <= STEPS; step += 1) {
  await load.send(requests / STEPS)
  const sent = (requests / STEPS) * step
  last = await sample()
  if (!isExact(last, sent)) throw new Error(`the counts do not add up: ${JSON.stringify(last)}`)
  heaps.push({ requests: sent, heapMB: megabytes(last.heap) })
  console.log(`${String(sent).padStart(9)} requests ${megabytes(last.heap).toFixed(3).padStart(8)} MB`)
}
load.close()
child.disconnect()

const [first, final] = [heaps.at(0), heaps.at(-1)]
const differenceMB = Math.round(((final?.heapMB ?? 0) - (first?.heapMB ?? 0)) * 1e3) / 1e3
console.log(`Difference ${differenceMB} MB, at most ${LIMIT_MB} MB allowed.`)
if (requests >= FULL) {
  const folder = new URL('./results/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const name = `memory-node${/\d+/.exec(machine.node)?.[0]}.json`
  const result = {
    command: 'npm run bench:memory',
    date: new Date().toISOString(),
    ...machine,
    seconds: Math.round((Date.now() - startedAt) / 1e3),
    faults: last?.faults,
    heaps,
    differenceMB,
    limitMB: LIMIT_MB,
  }
  writeFileSync(new URL(name, folder), `${JSON.stringify(result, undefined, 2)}\n`)
  console.log(`Written: benchmarks/results/${name}`)
}
process.exitCode = differenceMB <= LIMIT_MB ? 0 : 1
