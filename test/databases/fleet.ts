/** PostgreSQL crashes under a fleet of processes that a restarter starts again, and comes back. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ask } from '../support/client.ts'
import { freePort } from '../support/free-port.ts'
import { TYPESCRIPT } from '../support/typescript-flags.ts'
import { RestartedProgram } from './restarted-program.ts'
import { startDatabase } from './servers.ts'

const PROCESSES = 3
/** Requests a second: of six, four need no database. */
const RATE = 60
/** Milliseconds. */
const DATABASE_AWAY = 3000
const BEFORE = 1000
const AFTER = 6000

/** Who looks after errors: nobody, the plugin with errors of nobody fatal, or the plugin as it is. */
export type Mode = 'bare' | 'fatal' | 'isolate()'

/** What the clients and the restarter saw. */
export interface FleetResult {
  readonly mode: Mode
  /** Requests to routes that need no database. */
  readonly plain: number
  readonly plainLost: number
  readonly exits: number
  /** Milliseconds in which no process of the fleet listened. */
  readonly away: number
}

/** Runs the scene once. */
export async function runFleet(mode: Mode): Promise<FleetResult> {
  const database = await startDatabase('postgres')
  let away = 0
  let awaySince: number | undefined
  const ports = await Promise.all(Array.from({ length: PROCESSES }, freePort))
  const noticeAway = (): void => {
    const isAway = members.every(({ isUp }) => !isUp)
    if (isAway) awaySince ??= performance.now()
    else if (awaySince !== undefined) {
      away += performance.now() - awaySince
      awaySince = undefined
    }
  }
  const script = fileURLToPath(new URL('./programs/fleet-app.ts', import.meta.url))
  const members = ports.map((port) => {
    const env = { MODE: mode, DATABASE: `${database.port}`, PORT: `${port}` }
    return new RestartedProgram([...TYPESCRIPT, script], env, noticeAway)
  })
  try {
    await Promise.all(members.map((member) => member.start()))
    away = 0
    const load = sendLoad(ports)
    await sleep(BEFORE)
    await database.crash()
    await sleep(DATABASE_AWAY)
    await database.start()
    await sleep(AFTER)
    const { plain, plainLost } = await load.end()
    if (awaySince !== undefined) away += performance.now() - awaySince
    const exits = members.reduce((sum, member) => sum + member.exits.length, 0)
    return { mode, plain, plainLost, exits, away: Math.round(away) }
  } finally {
    await Promise.all(members.map((member) => member.stop()))
    await database.stop()
  }
}

/** Sends requests to each process in turn, as a load balancer does that knows nothing of their health. */
function sendLoad(ports: readonly number[]): { end(): Promise<{ plain: number; plainLost: number }> } {
  const answers: Promise<boolean>[] = []
  let sent = 0
  const timer = setInterval(() => {
    const path = sent % 6 < 4 ? '/plain' : '/rows'
    const answer = ask(ports[sent % ports.length]!, path, { timeout: 5000 })
    if (path === '/plain') answers.push(answer.then(({ status }) => status === 200))
    sent += 1
  }, 1000 / RATE)
  return {
    async end() {
      clearInterval(timer)
      const good = await Promise.all(answers)
      return { plain: good.length, plainLost: good.filter((isGood) => !isGood).length }
    },
  }
}
