import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { healthyRequest, largeRequest, lingeringRequest } from './healthy-requests.ts'
import { open, read } from './http2-streams.ts'
import type { Lane, Soak } from './lane.ts'
import { Planner } from './planner.ts'

const CLIENTS = 2
const MOST_STREAMS = 5

/** Streams that are reset, and connections that go away with all their streams. */
export class Http2Aborting implements Lane {
  readonly #soak: Soak
  readonly #planners: readonly Planner[]

  constructor(soak: Soak) {
    this.#soak = soak
    this.#planners = Array.from({ length: CLIENTS }, (_, i) => new Planner(soak.seed, `aborth2x${i}`, []))
  }

  async run(goesOn: () => boolean): Promise<void> {
    await Promise.all(
      this.#planners.map(async (planner) => {
        while (goesOn()) await this.#useSession(planner)
      }),
    )
  }

  async #useSession(planner: Planner): Promise<void> {
    const { choices } = planner
    const session = connect(`http://127.0.0.1:${this.#soak.http2Port}`)
    session.on('error', () => {})
    const closed = new Promise<void>((resolve) => session.on('close', resolve))
    const goesAsAWhole = choices.happens(0.3)
    const streams = Array.from({ length: choices.between(1, MOST_STREAMS) }, () =>
      this.#abort(planner, session, goesAsAWhole),
    )
    if (goesAsAWhole) {
      await sleep(choices.between(0, 60))
      session.destroy()
    }
    await Promise.all(streams)
    session.close()
    await closed
  }

  /** One of two streams is reset; the other one must get its answer, unless the whole session goes. */
  async #abort(planner: Planner, session: ClientHttp2Session, goesAsAWhole: boolean): Promise<void> {
    const { choices } = planner
    const { ledger } = this.#soak
    const isReset = choices.happens(0.5)
    const request = choices.one([healthyRequest, largeRequest, lingeringRequest])
    const planned = request(planner.nonce(), choices)
    const delay = choices.between(0, 60)
    ledger.sends(planned)
    const stream = open(session, planned)
    const answer = read(stream)
    if (isReset && !goesAsAWhole) {
      await sleep(delay)
      stream.close(constants.NGHTTP2_CANCEL)
    }
    const seen = await answer
    if (isReset || goesAsAWhole) ledger.aborts(planned, seen.body)
    else ledger.gets(planned, seen)
  }
}
