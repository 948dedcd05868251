import { readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { attempt } from '../attempt.ts'
import type { Death, DeathCause } from '../deaths/death.ts'
import type { PastLife } from '../deaths/past-life.ts'
import { routeKey } from '../deaths/route-key.ts'
import { describeSudden } from './describe-sudden.ts'
import { isGone } from './is-gone.ts'
import { FLIGHT_FILE } from './layout.ts'
import { type Flight, readFlight } from './read-flight.ts'
import type { ProcessIdentity } from './this-process.ts'

/** Milliseconds after which the file of another host, or one that cannot be read, is taken away: nobody writes it. */
const FORGOTTEN = 86_400_000
/** How many such files are kept, the newest: each new container may be another host. */
const MOST_FOREIGN = 20
/** Milliseconds without a write after which no process has a file: one that lives writes every second. */
const ABANDONED = 60_000
/** Milliseconds after a signal within which an end is that of the signal. */
const SIGNAL_TIME = 120_000
/** Milliseconds between two looks of a recorder that has something to do. */
const SAMPLE_TIME = 40

/** A process that is gone, and what its file says. */
export interface FoundLife {
  readonly life: PastLife
  readonly flight: Flight
}

/**
 * Finds the files of processes of this host that are gone, and takes them away: of several processes that look at once,
 * one gets each. Never throws.
 */
export function findPastLives(folder: string, itself: ProcessIdentity): FoundLife[] {
  const names = attempt(() => readdirSync(folder), []).filter((name) => FLIGHT_FILE.test(name))
  const foreign: string[] = []
  const found = names.flatMap(
    (name) => attempt(() => findLife(join(folder, name), itself, foreign), undefined) ?? [],
  )
  removeOld(foreign)
  return found.sort((a, b) => a.life.startedAt - b.life.startedAt)
}

/** @param foreign Gets the path of a file that is none of this host, or that cannot be read. */
function findLife(path: string, itself: ProcessIdentity, foreign: string[]): FoundLife | undefined {
  const flight = attempt(() => readFlight(readFileSync(path)), undefined)
  if (flight === undefined || flight.header.host !== itself.host) {
    foreign.push(path)
    return undefined
  }
  if (!isGone(flight.header, path, itself)) return undefined
  // it may have written more before it went
  const last = readFlight(readFileSync(path)) ?? flight
  unlinkSync(path)
  return { life: lifeOf(last, itself.bootId), flight: last }
}

function removeOld(paths: readonly string[]): void {
  const ageOf = (path: string): number => Date.now() - statSync(path).mtimeMs
  const files = paths.flatMap((path) => attempt(() => ({ path, age: ageOf(path) }), undefined) ?? [])
  for (const [newer, { path, age }] of files.sort((a, b) => a.age - b.age).entries()) {
    const isOld = age > FORGOTTEN || (newer >= MOST_FOREIGN && age > ABANDONED)
    if (isOld) attempt(() => unlinkSync(path), undefined)
  }
}

/** @param bootId The run of the machine in which the file is read. */
export function lifeOf(flight: Flight, bootId: string | undefined): PastLife {
  const { header, end, vitals, inFlight } = flight
  const { id, startedAt, listenedAt } = header
  const times = [end.signal, end.fatal, end.left, end.exit].map((mark) => mark?.at)
  const known = [startedAt, listenedAt, vitals?.copiedAt, inFlight[0]?.startedAt, ...times]
  const endedAt = Math.max(...known.map((at) => at ?? 0))
  const ended = howItEnded(flight, endedAt, bootId)
  const { how, because } = ended
  const death = how === 'died' ? deathOf(flight, ended, endedAt) : undefined
  return { id, startedAt, listenedAt, endedAt, how, because, death }
}

interface Ended {
  readonly how: PastLife['how']
  readonly because: string
  readonly cause?: DeathCause
  readonly culprit?: string | undefined
}

function howItEnded(flight: Flight, endedAt: number, bootId: string | undefined): Ended {
  const { header, trial } = flight
  const { signal, fatal, left, exit } = flight.end
  if (fatal !== undefined && fatal.at <= (left?.at ?? fatal.at)) {
    const { because, cause, culprit } = fatal
    return { how: 'died', because, cause, culprit: culprit ?? trial }
  }
  if (left !== undefined)
    return { how: left.isSignal || signal ? 'signal' : 'orderly', because: left.because }
  if (signal !== undefined && endedAt - signal.at < SIGNAL_TIME) {
    return { how: 'signal', because: `ended on ${signal.name}` }
  }
  if (exit !== undefined) {
    return { how: 'died', because: describeExit(exit), cause: 'exit', culprit: exit.culprit ?? trial }
  }
  if (header.bootId !== bootId) return { how: 'signal', because: 'the machine was restarted' }
  return { how: 'died', because: describeSudden(flight), cause: 'sudden', culprit: trial }
}

function describeExit({ code, wasCalled, callers }: NonNullable<Flight['end']['exit']>): string {
  if (callers.length > 0 && wasCalled) return `exited by ${callers[0]} with code ${code}`
  if (wasCalled) return `exited with code ${code}`
  return code === 0
    ? 'had nothing left to do, and exited with code 0'
    : `ended by Node with code ${code}: an error that nobody caught, or nothing left to do`
}

function deathOf(flight: Flight, { because, cause, culprit }: Ended, diedAt: number): Death {
  const { header, inFlight, rates, observed } = flight
  const shares = (which: 'shown' | 'newest'): Record<string, number> =>
    Object.fromEntries(rates.map((rate) => [routeKey(rate.route.method, rate.route.pattern), rate[which]]))
  return {
    id: header.id,
    build: header.build,
    host: header.host,
    pid: header.pid,
    startedAt: header.startedAt,
    listenedAt: header.listenedAt,
    diedAt,
    cause: cause ?? 'sudden',
    because,
    culprit,
    inFlight: [...new Set(inFlight.map(({ route }) => routeKey(route.method, route.pattern)))],
    presence: shares('shown'),
    arrivals: shares('newest'),
    samples: Math.ceil(observed / SAMPLE_TIME),
  }
}
