import http from 'node:http'
import http2 from 'node:http2'
import type { FairClock } from './clock.ts'

/** Milliseconds without an answer after which an innocent client takes the process for hung. */
export const HUNG: number = 5_000
/** Milliseconds after which a request is given up in any case. */
const LONGEST = 120_000
/** Milliseconds between two of its requests. */
const PAUSE = 100

/** What came of a request that has nothing to do with the attack. */
export interface Answered {
  /** 0 without an answer. */
  readonly status: number
  readonly body: string
}

export type Ask = (path: string) => Promise<Answered>

/** Asks on a connection of its own for each request. Never rejects. */
export function askerOf(port: number, isHttp2: boolean): Ask {
  return (path) => (isHttp2 ? ask2(port, path) : ask1(port, path)).catch(() => ({ status: 0, body: '' }))
}

function ask1(port: number, path: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const request = http.get({ port, path, agent: false, timeout: LONGEST }, async (response) => {
      let body = ''
      for await (const chunk of response.setEncoding('utf8')) body += chunk
      resolve({ status: response.statusCode ?? 0, body })
    })
    request.on('timeout', () => request.destroy()).on('error', reject)
  })
}

function ask2(port: number, path: string): Promise<Answered> {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  return new Promise<Answered>((resolve, reject) => {
    let status = 0
    let body = ''
    session.on('error', reject).setTimeout(LONGEST, () => session.destroy())
    const stream = session.request({ ':path': path }).setEncoding('utf8')
    stream.on('response', (headers) => {
      status = Number(headers[':status'])
    })
    stream.on('data', (chunk) => {
      body += chunk
    })
    stream
      .on('end', () => resolve({ status, body }))
      .on('error', reject)
      .on('close', reject)
  }).finally(() => session.destroy())
}

/** A client that asks for what works, all the time, until it is stopped. */
export class Innocent {
  /** Resolves where one of its requests was not answered in {@link HUNG}. */
  readonly hung: Promise<void>
  /** Whether that is so. */
  isHung = false
  /** How many answers were not what it had asked for. */
  spoilt = 0
  readonly #ask: Ask
  readonly #clock: FairClock
  /** When the requests began that have no answer yet. */
  readonly #waiting: Set<number> = new Set()
  readonly #timer: NodeJS.Timeout

  constructor(ask: Ask, clock: FairClock) {
    this.#ask = ask
    this.#clock = clock
    let tell = (): void => {}
    this.hung = new Promise((resolve) => {
      tell = resolve
    })
    this.#timer = setInterval(() => {
      void this.askOnce()
      this.isHung ||= [...this.#waiting].some((began) => clock.now() - began > HUNG)
      if (this.isHung) tell()
    }, PAUSE)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Resolves when it has an answer. */
  async askOnce(): Promise<void> {
    const began = this.#clock.now()
    this.#waiting.add(began)
    const { status } = await this.#ask('/innocent')
    this.#waiting.delete(began)
    if (status !== 200) this.spoilt += 1
  }
}
