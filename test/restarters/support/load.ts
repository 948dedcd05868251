import http from 'node:http'

/** Requests a second, where nothing else is said. */
export const RATE = 200

/** Milliseconds that a request may take before it counts as lost. */
const TIMEOUT = 20_000

/** One request of the load, as its client saw it. */
export interface Sent {
  readonly path: string
  /** Its place in the order in which requests were written to an established connection. Undefined: never was. */
  written: number | undefined
  /** Milliseconds of `performance.now()`. */
  readonly sentAt: number
  endedAt: number
  status: number | undefined
  /** The process that answered. */
  pid: number | undefined
  /** When that process started, which tells it from one of the same pid in an earlier container. */
  startedAt: number | undefined
  /** What became of it when it was not answered: `ECONNREFUSED`. */
  error: string | undefined
  /** How often it was sent again because its kept connection was closed before any answer. */
  closed: number
  /** How often it was sent again because a 503 with `Retry-After` said so. */
  turnedAway: number
}

/** What a {@link Load} sends. */
export interface LoadOptions {
  readonly keepAlive: boolean
  /** Requests a second. Default: {@link RATE}. */
  readonly rate?: number
  /** The path of each request, by how many were sent before it. Default: `/ok`, and every fourth `/slow`. */
  readonly pathOf?: (count: number) => string
  /** Where it goes. Default: 127.0.0.1. */
  readonly host?: string
  /** The addresses that it comes from, one after the other. Default: the kernel's choice. */
  readonly from?: readonly string[]
}

/**
 * A steady load, whatever becomes of it.
 *
 * With `keepAlive` the client does what a good one does: it uses no connection again whose answer said
 * `Connection: close`, and sends a request again whose used connection was closed before any answer (RFC 9110,
 * section 9.2.2, and RFC 9112, section 9.3.1), or that was told to come back by a 503 with `Retry-After`.
 */
export class Load {
  readonly sent: Sent[] = []
  readonly #port: number
  readonly #agent: http.Agent
  readonly #resends: boolean
  readonly #rate: number
  readonly #pathOf: (count: number) => string
  readonly #host: string
  readonly #from: readonly string[]
  readonly #started: number = performance.now()
  readonly #inFlight: Set<Promise<void>> = new Set()
  readonly #timer: NodeJS.Timeout
  #writes = 0

  constructor(port: number, options: LoadOptions) {
    this.#port = port
    this.#rate = options.rate ?? RATE
    this.#pathOf = options.pathOf ?? ((count) => (count % 4 === 0 ? '/slow' : '/ok'))
    this.#host = options.host ?? '127.0.0.1'
    this.#from = options.from ?? []
    this.#resends = options.keepAlive
    this.#agent = new http.Agent({ keepAlive: options.keepAlive })
    // A scenario that fails leaves it behind.
    this.#timer = setInterval(() => this.#catchUp(), 5).unref()
  }

  /**
   * Sends one request beside the load. It counts among those {@link sent}.
   *
   * @param host Default: that of the load.
   */
  async send(path: string, host: string = this.#host): Promise<Sent> {
    const sent: Sent = {
      path,
      written: undefined,
      sentAt: performance.now(),
      endedAt: 0,
      status: undefined,
      pid: undefined,
      startedAt: undefined,
      error: undefined,
      closed: 0,
      turnedAway: 0,
    }
    this.sent.push(sent)
    const done = this.#request(sent, host)
    this.#inFlight.add(done)
    await done
    this.#inFlight.delete(done)
    sent.endedAt = performance.now()
    return sent
  }

  /** Stops sending and resolves when everything sent has been answered or lost. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#inFlight)
    this.#agent.destroy()
  }

  /** A timer that comes late has more to send: the rate holds on a busy machine. */
  #catchUp(): void {
    const due = ((performance.now() - this.#started) / 1000) * this.#rate
    for (let count = this.sent.length; count < due; count += 1) {
      void this.send(this.#pathOf(count))
    }
  }

  #request(sent: Sent, host: string, agent: http.Agent | false = this.#agent): Promise<void> {
    return new Promise((resolve) => {
      const fail = (error: NodeJS.ErrnoException) => {
        if (this.#resends && request.reusedSocket && error.code === 'ECONNRESET') {
          sent.closed += 1
          // What else is kept may have been closed as well.
          resolve(this.#request(sent, host, false))
          return
        }
        sent.error = error.code ?? error.message
        resolve()
      }
      const localAddress = this.#from[this.sent.length % this.#from.length]
      const request = http.get({
        ...{ port: this.#port, host, path: sent.path, agent },
        ...(localAddress !== undefined && { localAddress }),
      })
      request.setTimeout(TIMEOUT, () => request.destroy(new Error('no answer')))
      request.once('error', fail)
      request.once('socket', (socket) => {
        const wrote = () => {
          this.#writes += 1
          sent.written ??= this.#writes
        }
        if (socket.connecting) socket.once('connect', wrote)
        else wrote()
      })
      request.once('response', (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => {
          body += chunk
        })
        response.once('error', fail)
        response.once('end', () => {
          const comeBack = response.headers['retry-after']
          if (this.#resends && response.statusCode === 503 && comeBack !== undefined && sent.turnedAway < 3) {
            sent.turnedAway += 1
            setTimeout(() => resolve(this.#request(sent, host)), Number(comeBack) * 1000)
            return
          }
          sent.status = response.statusCode
          if (sent.status === 200) Object.assign(sent, JSON.parse(body))
          resolve()
        })
      })
    })
  }
}
