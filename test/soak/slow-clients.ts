import http from 'node:http'
import { connect } from 'node:http2'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Choices } from './choices.ts'
import { largeRequest } from './healthy-requests.ts'
import { open, read } from './http2-streams.ts'
import { type Lane, PATIENCE, type Soak } from './lane.ts'
import { headersOf, type Planned, type Seen } from './planned.ts'
import { Planner } from './planner.ts'

const READERS = 3
const HTTP2_READERS = 1
const WRITERS = 3
/** How often a reader stops, before it reads the rest at once. */
const STOPS = 20

/** Clients that read a large answer in small steps, and clients whose body comes in pieces. */
export class SlowClients implements Lane {
  readonly #soak: Soak
  readonly #clients: readonly (() => Promise<void>)[]

  constructor(soak: Soak) {
    this.#soak = soak
    const make = (count: number, name: string, act: (planner: Planner) => Promise<void>) =>
      Array.from({ length: count }, (_, i) => {
        const planner = new Planner(soak.seed, `${name}${i}`, [])
        return () => act.call(this, planner)
      })
    this.#clients = [
      ...make(READERS, 'reads', this.#reads),
      ...make(HTTP2_READERS, 'readsh2x', this.#readsStream),
      ...make(WRITERS, 'writes', this.#writes),
    ]
  }

  async run(goesOn: () => boolean): Promise<void> {
    await Promise.all(
      this.#clients.map(async (act) => {
        while (goesOn()) await act()
      }),
    )
  }

  async #reads(planner: Planner): Promise<void> {
    const planned = largeRequest(planner.nonce(), planner.choices)
    await this.#ask(planned, (request) => request.end(), planner.choices)
  }

  async #writes(planner: Planner): Promise<void> {
    const { choices } = planner
    const nonce = planner.nonce()
    const body = JSON.stringify({ nonce, pad: 'x'.repeat(choices.between(10, 20_000)) })
    const expected = { status: 200, body, isCut: false, faults: [] }
    const planned: Planned = { nonce, name: 'slow post', method: 'POST', path: '/post', body, expected }
    const size = Math.ceil(body.length / choices.between(2, 6))
    await this.#ask(planned, async (request) => {
      for (let at = 0; at < body.length; at += size) {
        await sleep(choices.between(1, 40))
        request.write(body.slice(at, at + size))
      }
      request.end()
    })
  }

  async #readsStream(planner: Planner): Promise<void> {
    const planned = largeRequest(planner.nonce(), planner.choices)
    const session = connect(`http://127.0.0.1:${this.#soak.http2Port}`)
    session.on('error', () => {})
    this.#soak.ledger.sends(planned)
    const stream = open(session, planned)
    const answer = read(stream)
    readInSteps(stream, planner.choices)
    this.#soak.ledger.gets(planned, await answer)
    session.close()
  }

  #ask(planned: Planned, send: (request: http.ClientRequest) => unknown, choices?: Choices): Promise<void> {
    const { ledger, port } = this.#soak
    const { method, path } = planned
    ledger.sends(planned)
    return new Promise<Seen>((resolve) => {
      let hasAnswer = false
      const options = { host: '127.0.0.1', port, method, path, headers: headersOf(planned), agent: false }
      const request = http.request({ ...options, timeout: PATIENCE }, (response) => {
        let body = ''
        hasAnswer = true
        response.setEncoding('latin1')
        response.on('data', (chunk: string) => {
          body += chunk
        })
        response.on('error', () => {})
        response.on('close', () => {
          resolve({ status: response.statusCode ?? 0, body, isCut: !response.complete })
        })
        if (choices !== undefined) readInSteps(response, choices)
      })
      request.on('timeout', () => request.destroy())
      request.on('error', () => {})
      request.on('close', () => {
        if (!hasAnswer) resolve({ status: 0, body: '', isCut: true })
      })
      send(request)
    }).then((seen) => ledger.gets(planned, seen))
  }
}

/** Stops after a chunk, for a while, some times. */
function readInSteps(stream: Readable, choices: Choices): void {
  let stops = 0
  stream.on('data', () => {
    if (stops === STOPS) return
    stops += 1
    stream.pause()
    setTimeout(() => stream.resume(), choices.between(1, 30))
  })
}
