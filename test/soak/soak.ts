/**
 * Random traffic over the whole catalogue of faults and escapes at once, with a ledger on the client's side of what
 * each request must get.
 *
 *     npm run soak -- [--seconds 300] [--seed N] [--node PATH | VERSION]
 *
 * The seed decides what each client sends, in which order; when it happens is up to the machine. The exit code is
 * 1 if a request is lost, an answer wrong, a fault not counted and logged as it must be, or something grows.
 */
import { parseArgs } from 'node:util'
import { nodeOf } from '../../scripts/matrix/node-binary.ts'
import { Aborting } from './aborting.ts'
import { growthOf } from './growth.ts'
import { Http2Aborting } from './http2-aborting.ts'
import { Http2Streams, streamedRows } from './http2-streams.ts'
import { KeepAlive } from './keep-alive.ts'
import type { Lane, Soak } from './lane.ts'
import { Ledger } from './ledger.ts'
import { Lonely } from './lonely.ts'
import { Pipelining, pipelinedRows } from './pipelining.ts'
import { isGood, report } from './report.ts'
import { ROWS, type Row } from './rows.ts'
import type { Sample } from './sample.ts'
import { ServerProcess } from './server-process.ts'
import { SlowClients } from './slow-clients.ts'

/** Between two rounds all traffic ends and the server's memory is measured. */
const ROUNDS = 12
/** Seconds. */
const SHORTEST_ROUND = 2
const LONGEST_ROUND = 20
/** Seconds beyond the given ones in which everything must be over: what is in flight, and the samples. */
const MARGIN = 120

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    node: { type: 'string', default: process.execPath },
  },
})
const node = /^\d+$/.test(values.node) ? nodeOf(values.node).path : values.node
const seconds = Number(values.seconds)
const seed = Number(values.seed)
if (!(seconds > 0) || !Number.isInteger(seed)) throw new Error('--seconds and --seed have to be numbers')

const ledger = new Ledger()
const server = new ServerProcess(node, ledger)
const samples: Sample[] = []

/** Runs all clients until the round ends and they have what they wait for. */
async function round(lanes: readonly Lane[], milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds
  await Promise.all(lanes.map((lane) => lane.run(() => performance.now() < end)))
  samples.push(await server.sample())
}

/** What does not go on one kind of connection, with its reasons in the file of the client. */
function leftOut(of: readonly Row[]): string {
  return ROWS.filter((row) => !of.includes(row))
    .map(({ name }) => name)
    .join(', ')
}

async function run(): Promise<Sample> {
  const { node, ports } = await server.ready()
  const [port, http2Port] = ports
  console.log(
    `Soak of ${seconds} s on Node ${node}, seed ${seed}: npm run soak -- --seconds ${seconds} --seed ${seed}`,
  )
  console.log(`All ${ROWS.length} rows of the catalogues are in the mix.`)
  console.log(`Not pipelined: ${leftOut(pipelinedRows)}.`)
  console.log(`Not on HTTP/2: ${leftOut(streamedRows)}.`)
  const soak: Soak = { seed, ledger, port, http2Port, arrival: (nonce) => server.arrival(nonce) }
  const lanes = [
    new KeepAlive(soak),
    new Pipelining(soak),
    new Http2Streams(soak),
    new Aborting(soak),
    new Http2Aborting(soak),
    new Lonely(soak),
    new SlowClients(soak),
  ]
  const start = await server.sample()
  const length = Math.min(Math.max(seconds / ROUNDS, SHORTEST_ROUND), LONGEST_ROUND) * 1000
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) await round(lanes, Math.min(length, end - performance.now()))
  samples.push(await server.sample('last'))
  return start
}

const deadline = new Promise<string>((resolve) => {
  setTimeout(() => resolve('the soak did not end in time'), (seconds + MARGIN) * 1000).unref()
})
const ended = server.ended.then((how) => `the server ended: ${how}`)
const start = await Promise.race([run(), deadline, ended]).catch(String)
server.kill()
await server.ended
const problems = typeof start === 'string' ? [start] : []
if (server.stderr !== '') problems.push(`the server wrote to stderr:\n${server.stderr}`)
const growth = typeof start === 'string' ? undefined : growthOf(start, samples)
const result = { ledger, growth, samples, problems }
console.log(report(result))
process.exit(isGood(result) ? 0 : 1)
