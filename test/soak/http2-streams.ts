import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { type Lane, PATIENCE, type Soak } from './lane.ts'
import { headersOf, type Planned, type Seen } from './planned.ts'
import { Planner } from './planner.ts'
import { ROWS, type Row } from './rows.ts'

const SESSIONS = 3
const STREAMS = 10

/**
 * What takes the connection for the request's own does not fit to one that many share. And the listener of
 * `request-data` keeps the body from Fastify, which ends all the same: a 400, and rightly so.
 */
export const streamedRows: readonly Row[] = ROWS.filter(
  ({ name, client, answer }) =>
    (client ?? 'post') === 'post' && answer.status !== 0 && name !== 'request-data',
)

/** Many streams at once on each of a few connections. */
export class Http2Streams implements Lane {
  readonly #soak: Soak
  readonly #sessions: readonly (readonly Planner[])[]

  constructor(soak: Soak) {
    this.#soak = soak
    this.#sessions = Array.from({ length: SESSIONS }, (_, session) =>
      Array.from({ length: STREAMS }, (_, i) => new Planner(soak.seed, `h2x${session}x${i}`, streamedRows)),
    )
  }

  async run(goesOn: () => boolean): Promise<void> {
    await Promise.all(this.#sessions.map((planners) => this.#useSession(planners, goesOn)))
  }

  async #useSession(planners: readonly Planner[], goesOn: () => boolean): Promise<void> {
    const session = connect(`http://127.0.0.1:${this.#soak.http2Port}`)
    session.on('error', () => {}) // each stream tells of it
    const closed = new Promise<void>((resolve) => session.on('close', resolve))
    await Promise.all(
      planners.map(async (planner) => {
        while (goesOn()) for (const planned of planner.next()) await this.#send(session, planned)
      }),
    )
    session.close()
    await closed
  }

  async #send(session: ClientHttp2Session, planned: Planned): Promise<void> {
    const { ledger } = this.#soak
    ledger.sends(planned)
    try {
      ledger.gets(planned, await read(open(session, planned)))
    } catch (error) {
      ledger.loses(planned, String(error))
    }
  }
}

/** Sends a request on a stream of its own. */
export function open(session: ClientHttp2Session, planned: Planned): ClientHttp2Stream {
  const { method, path, body } = planned
  const stream = session.request(
    { ':method': method, ':path': path, ...headersOf(planned) },
    { endStream: body === undefined },
  )
  if (body !== undefined) stream.end(body)
  return stream
}

/** The answer on a stream. */
export function read(stream: ClientHttp2Stream): Promise<Seen> {
  return new Promise((resolve, reject) => {
    let status = 0
    let body = ''
    let isWhole = false
    stream.setEncoding('utf8')
    stream.setTimeout(PATIENCE, () => stream.destroy(new Error(`silent for ${PATIENCE} ms`)))
    stream.on('response', (headers) => {
      status = headers[':status'] ?? 0
    })
    stream.on('data', (chunk: string) => {
      body += chunk
    })
    stream.on('end', () => {
      isWhole = true
    })
    stream.on('error', (error) => {
      if (error.message.startsWith('silent')) reject(error)
    })
    stream.on('close', () => resolve({ status, body, isCut: !isWhole || stream.rstCode !== 0 }))
  })
}
