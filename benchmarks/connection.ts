import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Work } from './cases.ts'

const END_OF_HEAD = '\r\n\r\n'

/**
 * A connection that has one request at a time. It reads as little of the answers as it can, so that the client is
 * not what is measured.
 */
export class Connection {
  readonly #socket: Socket
  #head = ''
  #missing = 0
  #status = 0
  #expected = 0
  #answered: (() => void) | undefined
  #failed: ((error: Error) => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the connection ended before the answer')))
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new Connection(socket)
  }

  /**
   * Sends a request and waits for the end of its answer.
   *
   * @throws Error When the answer has another status, or the connection ends.
   */
  request({ bytes, status }: Work): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#expected = status
      this.#answered = resolve
      this.#failed = reject
      if (this.#socket.destroyed) reject(new Error('the connection had ended before the request'))
      else this.#socket.write(bytes)
    })
  }

  close(): void {
    this.#answered = undefined
    this.#failed = undefined
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    if (this.#missing > 0) {
      this.#missing -= chunk.length
    } else {
      this.#head += chunk.toString('latin1')
      const end = this.#head.indexOf(END_OF_HEAD)
      if (end === -1) return
      const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head)?.[1]
      if (length === undefined) {
        this.#fail(new Error('an answer without a content-length'))
        return
      }
      this.#status = Number(this.#head.slice(9, 12))
      this.#missing = end + END_OF_HEAD.length + Number(length) - this.#head.length
      this.#head = ''
    }
    if (this.#missing < 0) this.#fail(new Error('an answer longer than its content-length'))
    if (this.#missing === 0) this.#end()
  }

  #end(): void {
    if (this.#status === this.#expected) this.#answered?.()
    else this.#fail(new Error(`expected ${this.#expected}, got ${this.#status}`))
  }

  #fail(error: Error): void {
    this.#failed?.(error)
  }
}
