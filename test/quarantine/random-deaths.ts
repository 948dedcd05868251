import { readdirSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { StateFile } from '../../src/deaths/state-file.ts'
import { type Child, startFixture } from '../support/child.ts'
import { until } from '../support/until.ts'

const ROUTES = 30
const CLIENTS = 4
/** Milliseconds that a client thinks at most. */
const PAUSE = 30
/** Answers after which a process is killed at the earliest, and at the latest. */
const ANSWERS = { least: 30, most: 250 }

/** What came of an app whose processes were killed at random moments. */
export interface RandomDeaths {
  /** How many processes died with a route in flight, as the next one found. */
  readonly deaths: number
  /** How many routes were in flight at a death, on average. */
  readonly inFlight: number
  readonly answers: number
  /** The names of the routes that were closed at any time, and why. */
  readonly closed: readonly string[]
  /** The statuses of all answers, each once. */
  readonly statuses: readonly number[]
  /** The files that are left in the folder. */
  readonly files: readonly string[]
}

/** Kills the processes of an app with SIGKILL, one after another, at moments that the seed decides, and starts the next. */
export async function dieAtRandom(
  t: Pick<TestContext, 'after'>,
  dir: string,
  kills: number,
  seed: number,
  tell: (deaths: number) => void = () => {},
): Promise<RandomDeaths> {
  const generator = xoroshiro128plus(seed)
  const random = (): number => uniformFloat64(generator)
  const setup = JSON.stringify({ dir, way: 'mended', routes: ROUTES })
  const start = (): Promise<Child> => startFixture(t as TestContext, 'quarantine', { env: { SETUP: setup } })
  const state = new StateFile(dir, (message, error) => {
    throw new Error(message, { cause: error })
  })
  const found = new Map<string, number>()
  const closed = new Map<string, string>()
  const statuses = new Set<number>()
  let answers = 0
  const look = (): void => {
    const { deaths, routes } = state.read()
    for (const { id, inFlight } of deaths) if (inFlight.length > 0) found.set(id, inFlight.length)
    for (const [route, { evidence }] of Object.entries(routes)) closed.set(route, evidence)
  }

  for (let i = 0; i < kills; i += 1) {
    const child = await start()
    look()
    let isOver = false
    let answered = 0
    const client = async (): Promise<void> => {
      while (!isOver) {
        // a few routes get most of the requests
        const { status } = await child.ask(`/${Math.floor(ROUTES ** random() - 1)}`)
        if (isOver) return
        answered += 1
        statuses.add(status)
        await sleep(random() * PAUSE)
      }
    }
    const clients = Array.from({ length: CLIENTS }, client)
    const due = ANSWERS.least + random() * (ANSWERS.most - ANSWERS.least)
    await until(() => answered >= due)
    await sleep(random() * PAUSE)
    isOver = true
    child.kill('SIGKILL')
    await child.exited
    await Promise.all(clients)
    answers += answered
    tell(i + 1)
  }
  const last = await start()
  look()
  last.kill('SIGTERM')
  await last.exited
  const total = [...found.values()].reduce((sum, inFlight) => sum + inFlight, 0)
  return {
    deaths: found.size,
    inFlight: total / found.size,
    answers,
    closed: Array.from(closed, ([route, evidence]) => `${route}: ${evidence}`),
    statuses: [...statuses],
    files: readdirSync(dir).sort(),
  }
}
