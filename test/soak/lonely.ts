import type { Lane, Soak } from './lane.ts'
import { type Planned, rawHead } from './planned.ts'
import { Planner } from './planner.ts'
import { RawConnection } from './raw-connection.ts'
import { ROWS } from './rows.ts'

const CLIENTS = 3

/** What is about the connection itself, and takes it along. */
const rows = ROWS.filter(
  ({ client, answer }) => client === 'abort' || client === 'slow-post' || answer.status === 0,
)
const clients = new Map(rows.map(({ name, client }) => [name, client]))

/** The rows of the catalogue that need a connection of their own. */
export class Lonely implements Lane {
  readonly #soak: Soak
  readonly #planners: readonly Planner[]

  constructor(soak: Soak) {
    this.#soak = soak
    this.#planners = Array.from({ length: CLIENTS }, (_, i) => new Planner(soak.seed, `lonely${i}`, rows))
  }

  async run(goesOn: () => boolean): Promise<void> {
    await Promise.all(
      this.#planners.map(async (planner) => {
        while (goesOn()) {
          const [planned] = planner.failing() as [Planned]
          await this.#send(planned)
        }
      }),
    )
  }

  async #send(planned: Planned): Promise<void> {
    const { ledger, port, arrival } = this.#soak
    const connection = new RawConnection(port)
    const { socket } = connection
    const client = clients.get(planned.name)
    ledger.sends(planned)
    if (client === undefined) {
      socket.write(rawHead(planned))
      await connection.answer(ledger, planned)
    } else {
      // the first half of the body arrives before the listeners of the request, the other half after them
      const body = planned.body ?? ''
      socket.write(rawHead(planned, { 'x-tell': 'yes' }) + body.slice(0, 1))
      await arrival(planned.nonce)
      if (client === 'abort') ledger.aborts(planned, connection.received)
      else {
        socket.write(body.slice(1))
        await connection.answer(ledger, planned)
      }
    }
    socket.destroy()
    await connection.closed()
  }
}
