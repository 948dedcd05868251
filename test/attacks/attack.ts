import { openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Child, startProgram } from '../support/child.ts'
import { wayOf } from './catalogue.ts'
import { flood } from './clients.ts'
import { FairClock } from './clock.ts'
import { askerOf, Innocent } from './innocent.ts'
import type { Way } from './way.ts'

/** The app that is attacked. */
export interface Target {
  /** The URL of the module of the plugin; none for bare Fastify. */
  readonly plugin?: string
  readonly options?: object
}

/** What an attack has done to a process. */
export interface Damage {
  /** How the process ended, where it did. */
  readonly left: string | undefined
  /** Whether an innocent client waited longer than five seconds. */
  readonly isHung: boolean
  /** Whether the process leaves later, because of it. */
  readonly isRecycled: boolean
  /** How many answers to innocent clients were not those that they asked for, though the process was there. */
  readonly spoilt: number
}

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url))
/** So that descriptors and the heap can be used up. */
const LIMITED = ['sh', '-c', 'ulimit -n 1024; exec "$@"', 'sh']
const NOWHERE = openSync(process.env.ATTACK_LOG ?? '/dev/null', 'w')
const HEAP = '--max-old-space-size=512'
/** Milliseconds that a process which hangs has to notice that. */
const RECOVERY = 15_000
/** The exit code of the crash-loop guard. */
const GIVEN_UP = 78
/** Milliseconds after an attack in which it may have its effect: longer than the grace of an exception. */
const AFTERMATH = 1_200

/** Starts an app with one bug, attacks it, and says what came of it. */
export async function attack(bug: string, { plugin, options = {} }: Target): Promise<Damage> {
  const ends: (() => unknown)[] = []
  try {
    const child = await startProgram({ after: (end: () => unknown) => void ends.push(end) }, SERVER, {
      env: { BUG: bug, PLUGIN: plugin, OPTIONS: JSON.stringify(options), NODE_V8_COVERAGE: undefined },
      nodeArgs: [HEAP],
      through: LIMITED,
      stdout: NOWHERE,
      lifetime: 300_000,
    })
    return await damageTo(child, wayOf(bug))
  } finally {
    for (const end of ends) await end()
  }
}

/** What came of an attack that is tried again and again, by a restarter that starts the app again and again. */
export interface Fate {
  /** How each process ended that did. */
  readonly deaths: readonly string[]
  /** Whether the crash-loop guard gave the app up. */
  readonly isGivenUp: boolean
  /** What became of the last process; undefined where it was given up. */
  readonly last: Damage | undefined
}

/** Attacks an app that is started again each time that it ends, so many times at most. */
export async function attackAgain(bug: string, target: Target, lives: number): Promise<Fate> {
  const deaths: string[] = []
  for (let life = 0; life < lives; life += 1) {
    let last: Damage
    try {
      last = await attack(bug, target)
    } catch (error) {
      if (deaths.length === 0 || !String(error).includes(`exited with ${GIVEN_UP}`)) throw error
      return { deaths, isGivenUp: true, last: undefined }
    }
    if (last.left === undefined) return { deaths, isGivenUp: false, last }
    deaths.push(last.left)
  }
  return { deaths, isGivenUp: false, last: undefined }
}

async function damageTo(child: Child, way: Way): Promise<Damage> {
  let left: string | undefined
  const exited = child.exited.then(([code, signal]) => {
    left = String(signal ?? code)
  })
  const clock = new FairClock(child.pid)
  const ask = askerOf(child.port, way.http2 === true)
  const innocent = new Innocent(ask, clock)
  const sent = way.send === undefined ? [{}] : [way.send].flat()
  const ends = [exited, innocent.hung]
  await Promise.race([...ends, hit(child.port, way, sent)])
  await Promise.race([...ends, clock.sleep(AFTERMATH)])
  await Promise.race([...ends, innocent.askOnce()])
  if (innocent.isHung) await Promise.race([exited, sleep(RECOVERY)])
  innocent.stop()
  const { isHung } = innocent
  const state = left === undefined && !isHung ? await Promise.race([exited, ask('/state')]) : undefined
  return {
    left,
    isHung,
    isRecycled:
      left === undefined && state?.status === 200 && JSON.parse(state.body).recycleDue !== undefined,
    spoilt: left === undefined ? innocent.spoilt : 0,
  }
}

async function hit(port: number, way: Way, sent: Parameters<typeof flood>[1]): Promise<void> {
  await (way.attack?.(port) ?? flood(port, sent, way.times ?? 200))
}
