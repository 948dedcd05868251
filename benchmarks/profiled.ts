import { type Case, FAILING_SHARE } from './cases.ts'
import { closedLoop } from './load.ts'
import { MeasuredServer, messageOf, SERVERS, start } from './measured-server.ts'
import { BUSY_CONNECTIONS, mixOf } from './rounds.ts'

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
  server: string,
  load: Case,
  requests: number,
  target: Target,
): Promise<Profiled> {
  const measured = await MeasuredServer.start(node, server, load.logs, undefined, nodeArguments(target, 200))
  const connections = await measured.connect(BUSY_CONNECTIONS)
  const workOf = mixOf(load, FAILING_SHARE)
  await closedLoop(connections, Math.max(MIN_WARM_UP, requests / 5), workOf)
  const from = now()
  await closedLoop(connections, requests, workOf)
  const until = now()
  for (const connection of connections) connection.close()
  await measured.stop()
  return { from, until, unit: 'request', units: requests }
}

/** Profiles one start of an app, from Fastify being imported to the app being ready. */
export async function profileStartup(node: string, server: string, target: Target): Promise<Profiled> {
  const child = start(node, [...nodeArguments(target, 50), `${SERVERS}startup.js`, server], undefined)
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const { milliseconds, until } = await messageOf<{ milliseconds: number; until: number }>(child)
  await exited
  return { from: until - milliseconds * 1000, until, unit: 'start', units: 1 }
}
