import { connect, type Socket } from 'node:net'

const CONNECTIONS = 64
const PIPELINED = 16
const STATUS_LINE = 'HTTP/1.1 '
/** Milliseconds without a single answer after which a connection counts as dead. */
const PATIENCE = 60_000

/** One of the requests, and the status that its answer must have. */
interface Asked {
  readonly path: string
  readonly status: string
}

/** The n-th request: of a hundred ten are faults and one is an escape. */
function requestOf(n: number): Asked {
  const turn = n % 100
  if (turn === 50) {
    return (n - turn) % 200 === 0
      ? { path: `/rejection/${n}`, status: '200' }
      : { path: `/exception/${n}`, status: '500' }
  }
  if (turn % 10 === 5) return { path: turn < 50 ? `/fault/${n}` : `/code/${n}`, status: '500' }
  return { path: `/fine/${n}`, status: '200' }
}

/** Sends requests on connections that live as long as it does, some at once on each. */
export class MemoryLoad {
  readonly #sockets: Socket[]
  readonly #readers: Reader[]
  #sent = 0

  constructor(port: number) {
    this.#sockets = Array.from({ length: CONNECTIONS }, () => connect(port, '127.0.0.1'))
    this.#readers = this.#sockets.map((socket) => new Reader(socket))
  }

  /**
   * Sends this many more requests and waits for their answers.
   *
   * @throws Error When an answer has another status than its request must get, or none comes.
   */
  async send(requests: number): Promise<void> {
    const end = this.#sent + requests
    await Promise.all(
      this.#readers.map(async (reader) => {
        while (this.#sent < end) {
          const batch = Array.from({ length: Math.min(PIPELINED, end - this.#sent) }, () => {
            this.#sent += 1
            return requestOf(this.#sent - 1)
          })
          await reader.ask(batch)
        }
      }),
    )
  }

  close(): void {
    for (const reader of this.#readers) reader.close()
  }
}

/** Compares the statuses on one connection with those of the requests. */
class Reader {
  readonly #socket: Socket
  #waiting: Asked[] = []
  #rest = ''
  #done: (failure?: Error) => void = () => {}

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1').setTimeout(PATIENCE)
    socket.on('data', (chunk: string) => this.#read(chunk))
    socket.on('timeout', () => this.#done(new Error(`no answer in ${PATIENCE} ms`)))
    socket.on('error', (error) => this.#done(error))
    socket.on('close', () => this.#done(new Error('the server closed the connection')))
  }

  ask(batch: Asked[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#done = (failure) => (failure === undefined ? resolve() : reject(failure))
      this.#waiting = batch
      this.#socket.write(batch.map(({ path }) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`).join(''))
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(chunk: string): void {
    const text = this.#rest + chunk
    let from = 0
    for (let at = text.indexOf(STATUS_LINE); at !== -1; at = text.indexOf(STATUS_LINE, from)) {
      const end = at + STATUS_LINE.length + 3
      if (end > text.length) break
      this.#meet(text.slice(end - 3, end))
      from = end
    }
    this.#rest = text.slice(Math.max(from, text.length - STATUS_LINE.length - 2))
  }

  #meet(status: string): void {
    const asked = this.#waiting.shift()
    if (asked?.status !== status) {
      this.#done(new Error(`${asked?.path ?? 'no request'} got ${status} instead of ${asked?.status}`))
    } else if (this.#waiting.length === 0) this.#done()
  }
}
