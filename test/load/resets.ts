/**
 * Ten fatal faults of one process under load, each request on a connection of its own: what came of the others. A
 * client that is refused was told so and can come again; one whose connection is reset cannot know what its request
 * has done.
 *
 * npm run test:resets [-- --rounds 5]
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Load, RATE } from '../restarters/support/load.ts'
import { freePort } from '../support/free-port.ts'
import { TYPESCRIPT } from '../support/typescript-flags.ts'

const FAULTS = 10
const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url))

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1' } } })
const port = await freePort()

async function start(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...TYPESCRIPT, SERVER], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return child
}

/** Returns how often each outcome came: a status, or the code of an error. */
async function round(): Promise<Record<string, number>> {
  let child = await start()
  const load = new Load(port, { keepAlive: false })
  for (let fault = 0; fault < FAULTS; fault += 1) {
    await sleep(500)
    const exited = once(child, 'exit')
    await load.send('/crash')
    const [code] = await exited
    if (code !== 70) throw new Error(`the process exited with ${code}`)
    child = await start()
  }
  await sleep(300)
  await load.end()
  child.kill()
  const outcomes: Record<string, number> = {}
  for (const { status, error } of load.sent) {
    const outcome = String(status ?? error)
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
  return outcomes
}

for (let each = 0; each < Number(values.rounds); each += 1) {
  const outcomes = await round()
  const { ECONNRESET = 0, ECONNREFUSED = 0 } = outcomes
  const sent = Object.values(outcomes).reduce((sum, count) => sum + count, 0)
  console.log(
    `Node ${process.version}: ${FAULTS} fatal faults, ${sent} requests at ${RATE} a second on new connections: ` +
      `${ECONNRESET} reset, ${ECONNREFUSED} refused after the close; ${JSON.stringify(outcomes)}`,
  )
}
