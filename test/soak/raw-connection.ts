import { once } from 'node:events'
import net from 'node:net'
import { PATIENCE } from './lane.ts'
import type { Ledger } from './ledger.ts'
import type { Planned, Seen } from './planned.ts'
import { ResponseReader } from './response-reader.ts'

/** One HTTP/1 connection without a client library: bytes are sent as they are given. */
export class RawConnection {
  readonly socket: net.Socket
  readonly #reader: ResponseReader
  readonly #answers: Seen[] = []
  #received = ''
  #wake: () => void = () => {}
  #isClosed = false
  #isSilent = false

  constructor(port: number) {
    this.#reader = new ResponseReader((seen) => this.#answers.push(seen))
    this.socket = net.connect(port, '127.0.0.1').setEncoding('latin1').setTimeout(PATIENCE)
    this.socket.on('data', (chunk: string) => {
      this.#received = (this.#received + chunk).slice(-10_000)
      this.#reader.read(chunk)
      this.#wake()
    })
    this.socket.on('error', () => {})
    this.socket.on('timeout', () => {
      this.#isSilent = true
      this.socket.destroy()
    })
    this.socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  /** The last of what was received. */
  get received(): string {
    return this.#received
  }

  async connected(): Promise<void> {
    if (this.socket.connecting) await once(this.socket, 'connect')
  }

  /** Tells the ledger of the next answer: of one that is cut, once the connection has closed. */
  async answer(ledger: Ledger, planned: Planned, where?: string): Promise<void> {
    while (this.#answers.length === 0 && !this.#isClosed) await this.#change()
    const whole = this.#answers.shift()
    if (whole === undefined && this.#isSilent)
      ledger.loses(planned, `silent for ${PATIENCE} ms ${where ?? ''}`)
    else ledger.gets(planned, whole ?? this.#reader.cut(), where)
  }

  /** Resolves when something was received, or the connection has closed. */
  async change(): Promise<void> {
    if (!this.#isClosed) await this.#change()
  }

  async closed(): Promise<void> {
    while (!this.#isClosed) await this.#change()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
