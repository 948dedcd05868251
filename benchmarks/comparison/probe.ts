import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

/** What no client may ever read: the text of the errors that the servers throw. */
const SECRET = 'SECRET-of-the-error'
/** In the query string, so that a log line that names the request holds it. */
const MARK = 'mark-of-the-request'
const OTHERS = 20
/** Milliseconds after which an answer counts as never given. */
const PATIENCE = 4000

/** A server to probe. */
export interface Peer {
  readonly name: string
  readonly command: readonly string[]
  /** Its version, as it is installed. */
  readonly version: () => string
  /** Scenarios that it cannot have. */
  readonly without?: readonly Scenario[]
}

/** What goes wrong: a route that fails, an error of no request, or a signal. */
export type Scenario =
  | 'throw'
  | 'text'
  | 'upstream'
  | 'stream'
  | 'timer'
  | 'floating'
  | 'background'
  | 'SIGTERM'

/** What was seen when it did. */
export interface Outcome {
  /** What the client of the failing route got; undefined where no client caused it. */
  readonly client: string | undefined
  /** Whether the client could read the error's own text. */
  readonly leaks: boolean
  /** How many of twenty other requests in flight were answered with a 200. */
  readonly others: number
  /** `serves on`, or how the process ended. */
  readonly process: string
  /** Whether one line of the log has both the error and the request that caused it. */
  readonly logNamesRequest: boolean
}

interface Answer {
  readonly what: string
  readonly body: string
}

function ask(port: number, path: string): Promise<Answer> {
  const agent = new Agent({ keepAlive: false })
  return new Promise((resolve) => {
    let body = ''
    const request = get({ port, path, host: '127.0.0.1', agent, timeout: PATIENCE }, (response) => {
      const status = String(response.statusCode)
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ what: status, body }))
      response.on('error', () => resolve({ what: `${status}, then cut`, body }))
    })
    request.on('timeout', () => {
      resolve({ what: 'no answer', body })
      request.destroy()
    })
    request.on('error', () => resolve({ what: 'connection lost', body }))
  })
}

class Server {
  output = ''
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  constructor([program, ...args]: readonly string[]) {
    this.#child = spawn(program as string, args, { env: { ...process.env, NODE_ENV: 'production' } })
    this.#ended = once(this.#child, 'close')
    const collect = (chunk: Buffer): void => {
      this.output += chunk.toString()
    }
    this.#child.stdout?.on('data', collect)
    this.#child.stderr?.on('data', collect)
  }

  async port(): Promise<number> {
    const until = Date.now() + 30_000
    while (Date.now() < until) {
      const port = /listening (\d+)/.exec(this.output)?.[1]
      if (port !== undefined) return Number(port)
      if (this.#hasEnded()) break
      await wait(20)
    }
    throw new Error(`The server did not start:\n${this.output}`)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** How the process is, a moment after what was to happen has happened. */
  async fate(patience: number): Promise<string> {
    await Promise.race([this.#ended, wait(patience)])
    const { exitCode, signalCode } = this.#child
    if (exitCode !== null) return `exits with ${exitCode}`
    return signalCode === null ? 'serves on' : `killed by ${signalCode}`
  }

  async end(): Promise<void> {
    if (!this.#hasEnded()) this.#child.kill('SIGKILL')
    await this.#ended
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}

/** Runs one scenario in a process of its own, with twenty other requests in flight. */
export async function probe(peer: Peer, scenario: Scenario): Promise<Outcome> {
  const server = new Server(peer.command)
  try {
    const port = await server.port()
    const first = await ask(port, '/slow')
    if (first.what !== '200') throw new Error(`${peer.name} does not serve: ${first.what}`)
    const others = Array.from({ length: OTHERS }, () => ask(port, '/slow'))
    await wait(250)
    let client: Answer | undefined
    if (scenario === 'background') server.signal('SIGUSR2')
    else if (scenario === 'SIGTERM') server.signal('SIGTERM')
    else client = await ask(port, `/${scenario}?${MARK}`)
    const answers = await Promise.all(others)
    const leaves = scenario === 'background' || scenario === 'SIGTERM'
    const fate = await server.fate(leaves ? 5000 : 500)
    const lines = server.output.split('\n')
    return {
      client: client?.what,
      leaks: client?.body.includes(SECRET) ?? false,
      others: answers.filter(({ what }) => what === '200').length,
      process: fate,
      logNamesRequest: lines.some((line) => line.includes(SECRET) && line.includes(MARK)),
    }
  } finally {
    await server.end()
  }
}
