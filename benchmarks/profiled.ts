import { type Case, type Work, workOf } from './cases.ts'
import { closedLoop } from './load.ts'
import { MeasuredServer, messageOf, SERVERS, start } from './measured-server.ts'
import { CONNECTIONS } from './rounds.ts'
import type { Variant } from './variants.ts'

/** The part of a profile that counts. */
export interface Profiled {
  /** In microseconds of the monotonic clock, as the profile has it. */
  readonly from: number
  readonly until: number
  /** What the time is divided by, in words and as a number. */
  readonly unit: string
  readonly units: number
}

/** Where a process leaves its profile. */
export interface Target {
  readonly folder: string
  readonly file: string
}

const MIN_WARM_UP = 20_000

/** @param interval - Between two samples, in microseconds. The default of Node is 1000. */
function nodeArguments({ folder, file }: Target, interval: number): string[] {
  return [
    '--cpu-prof',
    `--cpu-prof-interval=${interval}`,
    `--cpu-prof-dir=${folder}`,
    `--cpu-prof-name=${file}`,
  ]
}

function now(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

/** Profiles a server under load. What it takes to warm up is in the profile, and before the part that counts. */
export async function profileRequests(
  node: string,
  { server, options }: Variant,
  load: Case,
  requests: number,
  target: Target,
): Promise<Profiled> {
  const measured = await MeasuredServer.start(node, server, {
    logs: load.logs,
    options: { ...options, ...load.options },
    nodeArguments: nodeArguments(target, 200),
  })
  const connections = await measured.connect(CONNECTIONS)
  const workAt = (index: number): Work => workOf(load, index)
  await closedLoop(connections, Math.max(MIN_WARM_UP, requests / 5), workAt)
  const from = now()
  await closedLoop(connections, requests, workAt)
  const until = now()
  for (const connection of connections) connection.close()
  await measured.stop()
  return { from, until, unit: 'request', units: requests }
}

/** Profiles one start of an app, from Fastify being imported to the app being ready. */
export async function profileStartup(
  node: string,
  { server, options = {} }: Variant,
  target: Target,
): Promise<Profiled> {
  const program = [`${SERVERS}startup.js`, server, JSON.stringify(options)]
  const child = start(node, [...nodeArguments(target, 50), ...program])
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const { from, until } = await messageOf<{ from: number; until: number }>(child)
  await exited
  return { from, until, unit: 'start', units: 1 }
}
