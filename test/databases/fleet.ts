/** PostgreSQL crashes under a fleet of processes that a restarter starts again, and comes back. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ask } from '../support/client.ts'
import { freePort } from '../support/free-port.ts'
import { TYPESCRIPT } from '../support/typescript-flags.ts'
import { startDatabase } from './servers.ts'

const PROCESSES = 3
/** Requests a second: of six, four need no database. */
const RATE = 60
/** Milliseconds. */
const RESTART_DELAY = 1000
const DATABASE_AWAY = 3000
const BEFORE = 1000
const AFTER = 6000

/** Who looks after errors: nobody, the plugin with every exception fatal, or the plugin as it is. */
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

/** One process that is started again whenever it has ended. */
class Member {
  readonly port: number
  exits = 0
  /** Since when it does not listen; undefined while it does. */
  downSince: number | undefined = performance.now()
  readonly #env: NodeJS.ProcessEnv
  readonly #onChange: () => void
  #child: ChildProcess | undefined
  #isStopped = false

  constructor(port: number, env: NodeJS.ProcessEnv, onChange: () => void) {
    this.port = port
    this.#env = { ...process.env, NODE_TEST_CONTEXT: undefined, ...env, PORT: `${port}` }
    this.#onChange = onChange
  }

  /** Resolves once it listens for the first time. */
  async start(): Promise<void> {
    const script = fileURLToPath(new URL('./programs/fleet-app.ts', import.meta.url))
    const child = spawn(process.execPath, [...TYPESCRIPT, script], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    this.#child = child
    child.once('exit', () => this.#ended())
    await once(child.stdout, 'data')
    this.#set(undefined)
  }

  #ended(): void {
    if (this.#isStopped) return
    this.exits += 1
    this.#set(performance.now())
    setTimeout(() => this.#isStopped || void this.start(), RESTART_DELAY)
  }

  #set(downSince: number | undefined): void {
    this.downSince = downSince
    this.#onChange()
  }

  stop(): void {
    this.#isStopped = true
    this.#child?.kill('SIGKILL')
  }
}

/** Runs the scene once. */
export async function runFleet(mode: Mode): Promise<FleetResult> {
  const database = await startDatabase('postgres')
  let away = 0
  let awaySince: number | undefined
  const members: Member[] = []
  const noticeAway = (): void => {
    const isAway = members.every(({ downSince }) => downSince !== undefined)
    if (isAway) awaySince ??= performance.now()
    else if (awaySince !== undefined) {
      away += performance.now() - awaySince
      awaySince = undefined
    }
  }
  try {
    for (let i = 0; i < PROCESSES; i += 1) {
      members.push(new Member(await freePort(), { MODE: mode, DATABASE: `${database.port}` }, noticeAway))
    }
    await Promise.all(members.map((member) => member.start()))
    away = 0
    const load = sendLoad(members.map(({ port }) => port))
    await sleep(BEFORE)
    await database.crash()
    await sleep(DATABASE_AWAY)
    await database.start()
    await sleep(AFTER)
    const { plain, plainLost } = await load.end()
    if (awaySince !== undefined) away += performance.now() - awaySince
    const exits = members.reduce((sum, member) => sum + member.exits, 0)
    return { mode, plain, plainLost, exits, away: Math.round(away) }
  } finally {
    for (const member of members) member.stop()
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
