import type { Lane, Soak } from './lane.ts'
import { type Planned, rawHead } from './planned.ts'
import { Planner } from './planner.ts'
import { RawConnection } from './raw-connection.ts'
import { ROWS, type Row } from './rows.ts'

const CLIENTS = 8
const MOST_AT_ONCE = 8
const BATCHES_A_CONNECTION = 4

/**
 * What can share its connection with requests that are already waiting there. Only GETs: an exception while Node's
 * parser has the body of a later request costs that one, which `test/escapes-connection.test.ts` looks at. And
 * no listeners of the response: it is written when the one before it is done, and on its behalf.
 */
export const pipelinedRows: readonly Row[] = ROWS.filter(
  ({ name, client, answer }) => client === undefined && answer.status !== 0 && !name.startsWith('response-'),
)

/** Several requests in one write, whose answers must come in their order. */
export class Pipelining implements Lane {
  readonly #soak: Soak
  readonly #planners: readonly Planner[]

  constructor(soak: Soak) {
    this.#soak = soak
    this.#planners = Array.from(
      { length: CLIENTS },
      (_, i) => new Planner(soak.seed, `pipe${i}`, pipelinedRows),
    )
  }

  async run(goesOn: () => boolean): Promise<void> {
    await Promise.all(
      this.#planners.map(async (planner) => {
        while (goesOn()) await this.#useConnection(planner, goesOn)
      }),
    )
  }

  async #useConnection(planner: Planner, goesOn: () => boolean): Promise<void> {
    const connection = new RawConnection(this.#soak.port)
    let isOpen = true
    for (let n = 0; n < BATCHES_A_CONNECTION && isOpen && goesOn(); n += 1) {
      const batch = batchOf(planner)
      for (const planned of batch) this.#soak.ledger.sends(planned)
      connection.socket.write(batch.map((planned) => rawHead(planned)).join(''))
      const names = batch.map(({ name }) => name).join(', ')
      for (const planned of batch) await connection.answer(this.#soak.ledger, planned, `one of ${names}`)
      isOpen = batch.at(-1)?.expected.isCut === false
    }
    connection.socket.destroy()
    await connection.closed()
  }
}

/** A request whose answer is cut takes the connection with it, so it comes last. */
function batchOf(planner: Planner): Planned[] {
  const batch: Planned[] = []
  const size = planner.choices.between(2, MOST_AT_ONCE)
  while (batch.length < size && batch.at(-1)?.expected.isCut !== true) batch.push(...planner.next('GET'))
  return batch
}
