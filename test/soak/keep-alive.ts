import { Agent } from 'undici'
import { type Lane, PATIENCE, type Soak } from './lane.ts'
import { headersOf, type Planned, type Seen } from './planned.ts'
import { Planner } from './planner.ts'
import { ROWS } from './rows.ts'

const CONNECTIONS = 12
const CLIENTS = 24
const TIMEOUTS: ReadonlySet<unknown> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])

/** What can share its connection with requests before and after it. */
const rows = ROWS.filter(({ client, answer }) => (client ?? 'post') === 'post' && answer.status !== 0)

/** Many clients on a pool of connections that are kept alive. */
export class KeepAlive implements Lane {
  readonly #soak: Soak
  readonly #planners: readonly Planner[]

  constructor(soak: Soak) {
    this.#soak = soak
    this.#planners = Array.from({ length: CLIENTS }, (_, i) => new Planner(soak.seed, `keep${i}`, rows))
  }

  async run(goesOn: () => boolean): Promise<void> {
    const agent = new Agent({
      connections: CONNECTIONS,
      pipelining: 1,
      headersTimeout: PATIENCE,
      bodyTimeout: PATIENCE,
    })
    await Promise.all(
      this.#planners.map(async (planner) => {
        while (goesOn()) for (const planned of planner.next()) await this.#send(agent, planned)
      }),
    )
    await agent.close()
  }

  async #send(agent: Agent, planned: Planned): Promise<void> {
    const { ledger, port } = this.#soak
    ledger.sends(planned)
    try {
      ledger.gets(planned, await ask(agent, `http://127.0.0.1:${port}`, planned))
    } catch (error) {
      ledger.loses(planned, String(error))
    }
  }
}

async function ask(agent: Agent, origin: string, planned: Planned): Promise<Seen> {
  const { method, path, body = null } = planned
  let status = 0
  let received = ''
  try {
    const answer = await agent.request({ origin, path, method, body, headers: headersOf(planned) })
    status = answer.statusCode
    for await (const chunk of answer.body.setEncoding('utf8')) received += chunk
    return { status, body: received, isCut: false }
  } catch (error) {
    if (TIMEOUTS.has((error as { code?: unknown }).code)) throw error
    return { status, body: received, isCut: true }
  }
}
