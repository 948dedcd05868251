import net from 'node:net'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { WAIT_TIMEOUT } from '../support/timeouts.ts'
import { type ConnectionPlan, fragmentSize, type Planned } from './plan.ts'
import { FramingError, type Message, ResponseReader } from './response-reader.ts'
import type { Interim, Sent, Transcript } from './transcript.ts'

/** What somebody who watches a client may wait for. */
export interface Watcher {
  /** Called when a batch was written; the client goes on when it resolves. */
  written?(batch: number): Promise<void>
}

/** The bytes of a request. */
export function encode({ method, path, headers, body, upload, version }: Planned): string {
  const lines = Object.entries({ host: 'a', ...headers }).map(([name, value]) => `${name}: ${value}`)
  let payload = ''
  if (body !== undefined && upload === 'chunked') {
    lines.push('transfer-encoding: chunked')
    const size = Math.ceil(body.length / 3)
    for (let at = 0; at < body.length; at += size) {
      const chunk = body.slice(at, at + size)
      payload += `${chunk.length.toString(16)}\r\n${chunk}\r\n`
    }
    payload += '0\r\n\r\n'
  } else if (body !== undefined) {
    lines.push(`content-length: ${body.length}`)
    if (upload === 'continue') lines.push('expect: 100-continue')
    payload = body
  }
  return `${method} ${path} HTTP/${version}\r\n${lines.join('\r\n')}\r\n\r\n${payload}`
}

/** Carries out the plan of one HTTP/1 connection. Never rejects. */
export function runHttp1(plan: ConnectionPlan, port: number, watcher: Watcher = {}): Promise<Transcript> {
  return new Http1Client(plan, port, watcher).run()
}

class Http1Client {
  readonly #plan: ConnectionPlan
  readonly #watcher: Watcher
  readonly #socket: net.Socket
  readonly #reader: ResponseReader
  readonly #sent: Sent[] = []
  readonly #answers: Message[] = []
  readonly #interim: Interim[] = []
  readonly #writes: Buffer[] = []
  readonly #reads: Buffer[] = []
  #writtenLength = 0
  #readLength = 0
  #framingError: string | undefined
  #end: Transcript['end'] | undefined
  #isClosed = false
  #patience: NodeJS.Timeout
  #wake: () => void = () => {}

  constructor(plan: ConnectionPlan, port: number, watcher: Watcher) {
    this.#plan = plan
    this.#watcher = watcher
    this.#reader = new ResponseReader(
      (n) => this.#sent[n]?.planned.method,
      (message) => {
        if (message.status < 200) this.#interim.push({ behind: this.#answers.length, message })
        else this.#answers.push(message)
      },
    )
    this.#patience = this.#waitPatiently()
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    this.#socket = socket
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#end ??= error.code === 'ECONNREFUSED' ? 'refused' : 'reset'
    })
    socket.on('end', () => {
      this.#end ??= 'server'
      socket.end()
      this.#wake()
    })
    socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  async run(): Promise<Transcript> {
    const { departure, readsAfter } = this.#plan
    const timers: NodeJS.Timeout[] = []
    if (departure.how !== 'waits' && departure.after === 'time')
      timers.push(setTimeout(() => this.#leave(), departure.amount))
    if (readsAfter > 0) {
      this.#socket.pause()
      timers.push(setTimeout(() => this.#socket.resume(), readsAfter))
    }
    await this.#sendAll()
    await this.#until(() => this.#answers.length >= this.#sent.length)
    if (this.#end === undefined) {
      this.#end = 'client'
      this.#socket.end()
    }
    await this.#until(() => this.#isClosed, true)
    for (const timer of [...timers, this.#patience]) clearTimeout(timer)
    this.#socket.destroy()
    return this.#transcript()
  }

  get #isOver(): boolean {
    return this.#end !== undefined || this.#isClosed
  }

  async #sendAll(): Promise<void> {
    for (const [batch, requests] of this.#plan.batches.entries()) {
      let bytes = ''
      const ends: number[] = []
      const first = this.#sent.length
      for (const planned of requests) {
        bytes += encode(planned)
        ends.push(bytes.length)
        this.#sent.push({ planned, batch, isWhole: false })
      }
      const before = this.#writtenLength
      await this.#write(Buffer.from(bytes, 'latin1'))
      const written = this.#writtenLength - before
      for (const [i, end] of ends.entries()) (this.#sent[first + i] as Sent).isWhole = written >= end
      // of a request that was never begun nothing can be said
      const begun = ends.filter((_end, i) => (i === 0 ? 0 : (ends[i - 1] as number)) < written).length
      this.#sent.length = first + begun
      if (!this.#isOver) await this.#watcher.written?.(batch)
      if (this.#plan.waits) await this.#until(() => this.#answers.length >= this.#sent.length)
      if (this.#isOver) return
    }
  }

  /** Writes in fragments, and stops where the plan or the server ends the connection. */
  async #write(bytes: Buffer): Promise<void> {
    const { pause, departure } = this.#plan
    const most =
      departure.how !== 'waits' && departure.after === 'written' ? departure.amount : Number.POSITIVE_INFINITY
    for (let at = 0, n = 0; at < bytes.length && !this.#isOver; n += 1) {
      const size = fragmentSize(this.#plan, n)
      const piece = bytes.subarray(at, Math.min(at + size, at + most - this.#writtenLength))
      at += piece.length
      this.#writes.push(piece)
      this.#patience.refresh()
      this.#writtenLength += piece.length
      await new Promise<void>((resolve) => {
        this.#socket.once('close', resolve)
        this.#socket.write(piece, () => {
          this.#socket.off('close', resolve)
          resolve()
        })
      })
      if (this.#writtenLength >= most) this.#leave()
      if (at < bytes.length) await (pause > 0 ? sleep(pause) : turn())
    }
  }

  #read(chunk: Buffer): void {
    this.#patience.refresh()
    // to a request that was broken off Node answers 400, wherever it is in its answers
    if (this.#end === 'client') return
    this.#reads.push(chunk)
    this.#readLength += chunk.length
    try {
      if (this.#framingError === undefined) this.#reader.read(chunk)
    } catch (error) {
      if (!(error instanceof FramingError)) throw error
      this.#framingError = error.message
      this.#leave()
    }
    const { departure, readPause } = this.#plan
    if (
      departure.how !== 'waits' &&
      departure.after === 'received' &&
      this.#end === undefined &&
      this.#readLength >= departure.amount
    )
      this.#leave()
    if (readPause > 0) {
      this.#socket.pause()
      setTimeout(() => this.#socket.resume(), readPause)
    }
    this.#wake()
  }

  #leave(): void {
    if (this.#isOver) return
    this.#end = 'client'
    const { how } = this.#plan.departure
    if (how === 'reset') this.#socket.resetAndDestroy()
    else if (how === 'end') this.#socket.end()
    else this.#socket.destroy()
    this.#wake()
  }

  #waitPatiently(): NodeJS.Timeout {
    return setTimeout(() => {
      if (this.#end === undefined || this.#end === 'client') this.#end = 'silent'
      this.#socket.destroy()
      this.#wake()
    }, WAIT_TIMEOUT)
  }

  async #until(holds: () => boolean, isLast = false): Promise<void> {
    while (!holds() && !this.#isClosed && (isLast || !this.#isOver)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #transcript(): Transcript {
    let rest: Message | undefined
    try {
      rest = this.#framingError === undefined ? this.#reader.rest() : undefined
    } catch (error) {
      this.#framingError = String(error)
    }
    return {
      plan: this.#plan,
      sent: this.#sent,
      answers: this.#answers,
      interim: this.#interim,
      rest,
      framingError: this.#framingError,
      end: this.#end ?? 'server',
      bytesSent: Buffer.concat(this.#writes),
      bytesReceived: Buffer.concat(this.#reads),
    }
  }
}
