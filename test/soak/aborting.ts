import { setTimeout as sleep } from 'node:timers/promises'
import { healthyRequest, largeRequest, lingeringRequest } from './healthy-requests.ts'
import type { Lane, Soak } from './lane.ts'
import { type Planned, rawHead } from './planned.ts'
import { Planner } from './planner.ts'
import { RawConnection } from './raw-connection.ts'
import { ROWS } from './rows.ts'

const CLIENTS = 6
const MOST_PIPELINED = 4

/** What escapes whether or not its client waits for the answer: all that would otherwise get a 500 from us
 * and takes one request alone. */
const rows = ROWS.filter(
  ({ name, client, answer, isEscape }) =>
    client === undefined && answer.status === 500 && isEscape && name !== 'shared-emitter',
)

/** Clients that go away: before their request is whole, while it is answered, while an escape has its grace. */
export class Aborting implements Lane {
  readonly #soak: Soak
  readonly #planners: readonly Planner[]

  constructor(soak: Soak) {
    this.#soak = soak
    this.#planners = Array.from({ length: CLIENTS }, (_, i) => new Planner(soak.seed, `abort${i}`, rows))
  }

  async run(goesOn: () => boolean): Promise<void> {
    const ways = [this.#inTheRequest, this.#inTheAnswer, this.#inTheQueue, this.#inTheGrace]
    await Promise.all(
      this.#planners.map(async (planner) => {
        while (goesOn()) {
          const connection = new RawConnection(this.#soak.port)
          await planner.choices.one(ways).call(this, planner, connection)
          await connection.closed()
        }
      }),
    )
  }

  /** The body never comes whole. */
  async #inTheRequest(planner: Planner, connection: RawConnection): Promise<void> {
    const { choices } = planner
    const nonce = planner.nonce()
    const body = JSON.stringify({ nonce })
    const expected = { status: 0, body: '', isCut: true, faults: [] }
    const planned: Planned = { nonce, name: 'part of a post', method: 'POST', path: '/post', body, expected }
    this.#soak.ledger.sends(planned)
    const text = rawHead(planned) + body
    connection.socket.write(text.slice(0, choices.between(1, text.length - 1)))
    await sleep(choices.between(0, 40))
    this.#goes(planner, connection, [planned])
  }

  async #inTheAnswer(planner: Planner, connection: RawConnection): Promise<void> {
    const { choices } = planner
    const request = choices.one([healthyRequest, largeRequest, lingeringRequest])
    const planned = request(planner.nonce(), choices)
    this.#sends(connection, [planned])
    await (choices.happens(0.5) ? sleep(choices.between(0, 40)) : connection.change())
    this.#goes(planner, connection, [planned])
  }

  async #inTheQueue(planner: Planner, connection: RawConnection): Promise<void> {
    const { choices } = planner
    const count = choices.between(2, MOST_PIPELINED)
    const batch = Array.from({ length: count }, () => lingeringRequest(planner.nonce(), choices))
    this.#sends(connection, batch)
    await sleep(choices.between(0, 100))
    this.#goes(planner, connection, batch)
  }

  async #inTheGrace(planner: Planner, connection: RawConnection): Promise<void> {
    const [planned] = planner.failing() as [Planned]
    await this.#arrives(planned, connection)
    await sleep(planner.choices.between(0, 40))
    this.#goes(planner, connection, [planned])
  }

  async #arrives(planned: Planned, connection: RawConnection): Promise<void> {
    const { ledger, arrival } = this.#soak
    ledger.sends(planned)
    connection.socket.write(rawHead(planned, { 'x-tell': 'yes' }))
    await arrival(planned.nonce)
  }

  #sends(connection: RawConnection, batch: readonly Planned[]): void {
    for (const planned of batch) this.#soak.ledger.sends(planned)
    connection.socket.write(batch.map((planned) => rawHead(planned) + (planned.body ?? '')).join(''))
  }

  #goes({ choices }: Planner, { socket, received }: RawConnection, batch: readonly Planned[]): void {
    for (const planned of batch) this.#soak.ledger.aborts(planned, received)
    if (choices.happens(0.5)) socket.resetAndDestroy()
    else socket.destroy()
  }
}
