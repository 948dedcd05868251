import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { blame } from '../../src/blame/blame.ts'
import type { Death } from '../../src/deaths/death.ts'

/** An app whose process dies, simulated. */
export interface Scene {
  readonly routes: number
  /** How many requests are in flight on average. */
  readonly inFlight: number
  /** The guilty route's place by how often it is asked for, 0 for the most popular; undefined where nobody is guilty. */
  readonly guilty: number | undefined
  /** Which share of the deaths the guilty route causes. */
  readonly share?: number
  /** How many deaths a series has at most. */
  readonly deaths?: number
  /** The option `quarantine.deaths`. */
  readonly least?: number
}

/** What became of many series of deaths. */
export interface Tally {
  /** The share of the series in which the guilty route was found first. */
  readonly found: number
  /** The share in which an innocent one was blamed first. */
  readonly innocent: number
  /** The share in which a route was in flight at three deaths in a row: whom a simpler rule would blame. */
  readonly coincidence: number
  /** How many deaths it took to find the guilty one: the median, and 95 of 100. */
  readonly median: number | undefined
  readonly most: number | undefined
}

const MINUTE = 60_000
const NOW = 1_700_000_000_000
/** How many copies the recorder took in each life. */
const SAMPLES = 200
/** How often it looked who is the newest. */
const LOOKS = 200

type Random = () => number

interface World {
  readonly names: readonly string[]
  /** Each route's share of the arrivals: a few routes have most of them, as in Zipf's law. */
  readonly arrivals: readonly number[]
  /** How long its requests take, relative to each other: the slowest a hundred times as long as the fastest. */
  readonly durations: readonly number[]
  /** How many of its requests are in flight on average. */
  readonly loads: readonly number[]
}

/** A world, and which share of the time each route has the newest request in flight. */
interface ObservedWorld extends World {
  readonly newest: Readonly<Record<string, number>>
}

interface InFlight {
  readonly name: string
  /** How long its newest request has been in flight. */
  readonly age: number
}

function makeWorld({ routes, inFlight }: Scene, random: Random): ObservedWorld {
  const places = Array.from({ length: routes }, (_, i) => i)
  const sum = places.reduce((total, i) => total + 1 / (i + 1), 0)
  const arrivals = places.map((i) => 1 / (i + 1) / sum)
  const durations = places.map(() => 100 ** random())
  const load = arrivals.reduce((total, share, i) => total + share * (durations[i] as number), 0)
  const loads = arrivals.map((share, i) => (share * (durations[i] as number) * inFlight) / load)
  const world = { names: places.map((i) => `GET /${i}`), arrivals, durations, loads }
  const newest: Record<string, number> = {}
  for (let i = 0; i < LOOKS; i += 1) {
    const [first] = look(world, undefined, random)
    if (first !== undefined) newest[first.name] = (newest[first.name] ?? 0) + 1 / LOOKS
  }
  return { ...world, newest }
}

/** Who is in flight at one moment, the newest request first. The guilty route always is. */
function look(world: World, guilty: number | undefined, random: Random): InFlight[] {
  const inFlight: InFlight[] = []
  for (const [i, name] of world.names.entries()) {
    const load = world.loads[i] as number
    const duration = world.durations[i] as number
    const presence = 1 - Math.exp(-load)
    if (i === guilty) inFlight.push({ name, age: random() * duration })
    else if (random() < presence) {
      inFlight.push({ name, age: (-Math.log(1 - random() * presence) / load) * duration })
    }
  }
  return inFlight.sort((a, b) => a.age - b.age)
}

/** How many of so many tries come true. */
function successes(tries: number, chance: number, random: Random): number {
  let count = 0
  for (let i = 0; i < tries; i += 1) if (random() < chance) count += 1
  return count
}

function makeDeath(world: ObservedWorld, number: number, guilty: number | undefined, random: Random): Death {
  const inFlight = look(world, guilty, random)
  const presence = world.names.map((name, i) => {
    const chance = 1 - Math.exp(-(world.loads[i] as number))
    return [name, successes(SAMPLES, chance, random) / SAMPLES] as const
  })
  return {
    id: String(number),
    build: '1',
    host: 'host',
    pid: number,
    startedAt: NOW + (number - 5) * MINUTE,
    listenedAt: NOW + (number - 5) * MINUTE,
    diedAt: NOW + number * 10 * MINUTE,
    cause: 'sudden',
    because: 'killed',
    culprit: undefined,
    inFlight: inFlight.map(({ name }) => name),
    presence: Object.fromEntries(presence.filter(([, share]) => share > 0)),
    arrivals: world.newest,
    samples: SAMPLES,
  }
}

/** The routes that were in flight at the last three deaths. */
function alwaysThere(deaths: readonly Death[]): boolean {
  const last = deaths.slice(-3).map(({ inFlight }) => inFlight)
  return (
    last.length === 3 && last[0]?.some((route) => last.every((routes) => routes.includes(route))) === true
  )
}

/** Lets an app die in many series, always the same ones for the same seed. */
export function simulate(scene: Scene, series: number, seed = 7): Tally {
  const generator = xoroshiro128plus(seed)
  const random = (): number => uniformFloat64(generator)
  const { routes, guilty, share = 1, deaths: most = 10, least = 3 } = scene
  let [found, innocent, coincidence] = [0, 0, 0]
  const needed: number[] = []
  for (let i = 0; i < series; i += 1) {
    const world = makeWorld(scene, random)
    const deaths: Death[] = []
    let isCoincidence = false
    let blamed: readonly string[] = []
    while (deaths.length < most && blamed.length === 0) {
      const culprit = random() < share ? guilty : undefined
      deaths.push(makeDeath(world, deaths.length + 1, culprit, random))
      isCoincidence ||= alwaysThere(deaths)
      const now = (deaths.at(-1) as Death).diedAt
      const verdict = blame(deaths, { now, routes, deaths: least, forgivenUntil: () => undefined })
      blamed = verdict.blamed.map(({ route }) => route)
    }
    if (isCoincidence) coincidence += 1
    if (guilty !== undefined && blamed[0] === world.names[guilty]) {
      found += 1
      needed.push(deaths.length)
    } else if (blamed.length > 0) innocent += 1
  }
  needed.sort((a, b) => a - b)
  const at = (part: number): number | undefined => needed[Math.floor(part * (needed.length - 1))]
  const all = { found: found / series, innocent: innocent / series, coincidence: coincidence / series }
  return { ...all, median: at(0.5), most: at(0.95) }
}
