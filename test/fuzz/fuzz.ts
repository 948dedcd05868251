/**
 * Fuzzes the wire: random requests, faults and escapes on HTTP/1 connections that are kept, pipelined, written in
 * fragments, read slowly and broken off, and on HTTP/2 streams, with a ledger on the client's side of what each request
 * must get. Each round ends with a process that leaves amid the traffic, and the next one has a new process.
 *
 *     npm run test:fuzz -- [--seconds 600] [--seed N] [--node PATH | VERSION] [--http 1|2]
 *     npm run test:fuzz -- --seed N --http 1|2 --connection K     one connection alone
 *     npm run test:fuzz -- --record …                             its line goes into docs/security.md
 *
 * What a connection does comes from the seed and its number; when it happens is up to the machine. The exit code is 1 if
 * anything is not as the docs promise.
 */
import { parseArgs } from 'node:util'
import { nodeOf } from '../../scripts/matrix/node-binary.ts'
import { heapGrowth, maxHeapGrowth } from '../soak/growth.ts'
import { leaveAmidTraffic, setupFor, WAYS, type Way } from './leaving.ts'
import { Ledger } from './ledger.ts'
import { record } from './record.ts'
import { startServer } from './server-process.ts'
import { sendTraffic } from './traffic.ts'

/** Milliseconds of traffic before a process leaves, and between two looks at its memory. */
const ROUND = 45_000
const SAMPLES = 6
/** Connections that are busy while a process leaves. */
const LEAVING = 40

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    node: { type: 'string', default: process.execPath },
    connection: { type: 'string' },
    http: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
})
const node = /^\d+$/.test(values.node) ? nodeOf(values.node).path : values.node
const seconds = Number(values.seconds)
const seed = Number(values.seed)
const protocol = values.http === undefined ? undefined : (Number(values.http) as 1 | 2)
if (!(seconds > 0) || !Number.isInteger(seed) || ![undefined, 1, 2].includes(protocol))
  throw new Error('--seconds and --seed have to be numbers, and --http 1 or 2')
if (Number.parseInt(process.versions.node, 10) < 24 && protocol !== 1)
  console.log('The HTTP/2 client of Node 20 and 22 may wait for ever itself: run this with Node 24 or later')
const ledger = new Ledger(seed)
const ways = Object.keys(WAYS) as Way[]
let version = ''

/** Traffic, then the end of the process. */
async function round(number: number, first: number, end: number): Promise<number> {
  const way = ways[number % ways.length] as Way
  const server = await startServer(node, setupFor(way))
  version = server.node
  if (number === 0) console.log(`Node ${version}, seed ${seed}`)
  const heaps: number[] = []
  const before = ledger.counts.requests
  const start = performance.now()
  let next = first
  for (let sample = 1; sample <= SAMPLES && performance.now() < end; sample += 1) {
    const until = Math.min(start + (ROUND / SAMPLES) * sample, end)
    await sendTraffic(server, ledger, seed, () => (performance.now() < until ? next++ : undefined), protocol)
    const { heap, inFlight } = await server.sample()
    heaps.push(heap)
    if (inFlight.length > 0) ledger.fails(`still in flight: ${inFlight}`)
  }
  const growth = heapGrowth(heaps)
  if (growth > maxHeapGrowth(ledger.counts.requests - before))
    ledger.fails(`the heap grew by ${growth} bytes: ${heaps}`)
  await leaveAmidTraffic(server, ledger, seed, number, way, LEAVING, protocol)
  return next
}

async function alone(number: number): Promise<void> {
  const server = await startServer(node)
  let left = 1
  await sendTraffic(server, ledger, seed, () => (left-- > 0 ? number : undefined), protocol)
  const { inFlight } = await server.sample()
  if (inFlight.length > 0) ledger.fails(`still in flight: ${inFlight}`)
  server.kill('SIGTERM')
  await server.exited
  ledger.readLog(server.log)
  for (const { level, reqId, fault, msg } of server.log)
    console.log(level, reqId, fault?.origin, fault?.attributedTo, msg)
}

if (values.connection === undefined) {
  const end = performance.now() + seconds * 1000
  let next = 0
  for (let number = 0; performance.now() < end; number += 1) next = await round(number, next, end)
  if (values.record) record(version, seed, seconds, ledger)
} else await alone(Number(values.connection))
for (const failure of ledger.failures) console.log(failure)
console.log(JSON.stringify(ledger.counts))
process.exitCode = ledger.counts.violations === 0 ? 0 : 1
