/** One message of an HTTP/1 server, or what came of it. */
export interface Message {
  readonly status: number
  /** As they came, names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  readonly trailers: readonly (readonly [name: string, value: string])[]
  /** How its end is told: by nothing but the end of the connection where it is `close`. */
  readonly framing: 'none' | 'length' | 'chunked' | 'close'
  /** Whether its end has come. Never of one that is framed by `close`. */
  readonly isWhole: boolean
}

/** What a strict client may not take for HTTP/1.1. */
export class FramingError extends Error {}

const HEAD_END = '\r\n\r\n'
const STATUS_LINE = /^HTTP\/1\.1 (\d{3}) [^\r\n]*$/
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([^\r\n\0]*)$/
/** Of these there is one at most, whoever sets them. */
const SINGLE = ['content-length', 'transfer-encoding', 'content-type', 'connection', 'date', 'x-id', 'etag']

/**
 * Takes the bytes of an HTTP/1 server apart, by the letter of RFC 9112 and without mercy: what a lenient client would
 * put right by a guess is an error here.
 */
export class ResponseReader {
  readonly #methodOf: (n: number) => string | undefined
  readonly #onMessage: (message: Message) => void
  #bytes: Buffer = Buffer.alloc(0)
  /** Chunks that need not be looked at yet. */
  #waiting: Buffer[] = []
  #waitingLength = 0
  #needed = 1
  #answers = 0

  /**
   * @param methodOf The method of the n-th request on the connection, undefined where none was sent.
   * @param onMessage Gets each whole message, interim ones (1xx) too.
   */
  constructor(methodOf: (n: number) => string | undefined, onMessage: (message: Message) => void) {
    this.#methodOf = methodOf
    this.#onMessage = onMessage
  }

  /** @throws FramingError */
  read(chunk: Buffer): void {
    this.#waiting.push(chunk)
    this.#waitingLength += chunk.length
    if (this.#bytes.length + this.#waitingLength < this.#needed) return
    this.#bytes = Buffer.concat([this.#bytes, ...this.#waiting])
    this.#waiting = []
    this.#waitingLength = 0
    for (;;) {
      const { message, end } = this.#parse()
      if (message === undefined || !message.isWhole) {
        this.#needed = end
        return
      }
      this.#bytes = this.#bytes.subarray(end)
      if (message.status >= 200) this.#answers += 1
      this.#onMessage(message)
    }
  }

  /**
   * What has come of a message that is not whole; undefined where that is nothing.
   *
   * @throws FramingError
   */
  rest(): Message | undefined {
    this.#bytes = Buffer.concat([this.#bytes, ...this.#waiting])
    this.#waiting = []
    this.#waitingLength = 0
    if (this.#bytes.length === 0) return undefined
    return (
      this.#parse().message ?? {
        status: 0,
        headers: [],
        body: Buffer.alloc(0),
        trailers: [],
        framing: 'none',
        isWhole: false,
      }
    )
  }

  /** The first message, and where it ends: where it is not whole, how many bytes are needed to know more. */
  #parse(): { message: Message | undefined; end: number } {
    const bytes = this.#bytes
    const headEnd = bytes.indexOf(HEAD_END)
    const start = bytes.subarray(0, 9).toString('latin1')
    if (!'HTTP/1.1 '.startsWith(start)) throw new FramingError(`no status line: ${JSON.stringify(start)}`)
    if (headEnd === -1) return { message: undefined, end: bytes.length + 1 }
    const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n')
    const status = Number(STATUS_LINE.exec(statusLine)?.[1])
    if (!(status >= 100 && status <= 599)) throw new FramingError(`status line ${JSON.stringify(statusLine)}`)
    const headers = parseHeaders(lines)
    const method = this.#methodOf(this.#answers)
    if (method === undefined) throw new FramingError(`an answer to nothing: ${statusLine}`)
    const at = headEnd + HEAD_END.length
    const framing = framingOf(status, headers, method)
    const head = { status, headers, framing, trailers: [] }
    if (framing === 'none') return { message: { ...head, body: Buffer.alloc(0), isWhole: true }, end: at }
    if (framing === 'close') {
      return { message: { ...head, body: bytes.subarray(at), isWhole: false }, end: bytes.length + 1 }
    }
    if (framing === 'chunked') {
      const { body, trailers, end, isWhole } = parseChunks(bytes, at)
      return { message: { ...head, body, trailers, isWhole }, end }
    }
    const end = at + Number(headerOf(headers, 'content-length'))
    return { message: { ...head, body: bytes.subarray(at, end), isWhole: end <= bytes.length }, end }
  }
}

/** The value of a header; undefined where there is none. */
export function headerOf(headers: Message['headers'], name: string): string | undefined {
  return headers.find(([each]) => each === name)?.[1]
}

function parseHeaders(lines: readonly string[]): [string, string][] {
  const headers = lines.map((line): [string, string] => {
    const [, name, value] = HEADER.exec(line) ?? []
    if (name === undefined || value === undefined) throw new FramingError(`header ${JSON.stringify(line)}`)
    return [name.toLowerCase(), value]
  })
  for (const single of SINGLE) {
    if (headers.filter(([name]) => name === single).length > 1) throw new FramingError(`${single} twice`)
  }
  return headers
}

function framingOf(status: number, headers: Message['headers'], method: string): Message['framing'] {
  const length = headerOf(headers, 'content-length')
  const encoding = headerOf(headers, 'transfer-encoding')
  if (length !== undefined && encoding !== undefined)
    throw new FramingError('a length and a transfer encoding')
  if (length !== undefined && !/^\d+$/.test(length)) throw new FramingError(`content-length ${length}`)
  if (encoding !== undefined && encoding !== 'chunked')
    throw new FramingError(`transfer-encoding ${encoding}`)
  if (status < 200 || status === 204) {
    if (length !== undefined || encoding !== undefined) throw new FramingError(`framing of a body: ${status}`)
    return 'none'
  }
  if (status === 304 || method === 'HEAD') return 'none'
  if (encoding !== undefined) return 'chunked'
  return length === undefined ? 'close' : 'length'
}

function parseChunks(
  bytes: Buffer,
  start: number,
): Pick<Message, 'body' | 'trailers' | 'isWhole'> & { end: number } {
  const parts: Buffer[] = []
  let at = start
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const line = bytes.subarray(at, lineEnd === -1 ? bytes.length : lineEnd).toString('latin1')
    if (lineEnd === -1 ? !/^[0-9a-fA-F]{0,8}\r?$/.test(line) : !/^[0-9a-fA-F]{1,8}$/.test(line))
      throw new FramingError(`size of a chunk ${JSON.stringify(line.slice(0, 40))}`)
    const partial = { body: Buffer.concat(parts), trailers: [], isWhole: false }
    if (lineEnd === -1) return { ...partial, end: bytes.length + 1 }
    const size = Number.parseInt(line, 16)
    const from = lineEnd + 2
    if (size === 0) {
      const trailersEnd = bytes.indexOf(HEAD_END, lineEnd)
      if (trailersEnd === -1) return { ...partial, end: bytes.length + 1 }
      const lines = bytes.subarray(from, Math.max(from, trailersEnd)).toString('latin1')
      const trailers = lines === '' ? [] : parseHeaders(lines.split('\r\n'))
      return { body: partial.body, trailers, isWhole: true, end: trailersEnd + HEAD_END.length }
    }
    parts.push(bytes.subarray(from, from + size))
    at = from + size + 2
    if (at > bytes.length) {
      return { body: Buffer.concat(parts), trailers: [], isWhole: false, end: at }
    }
    if (bytes.subarray(at - 2, at).toString('latin1') !== '\r\n') throw new FramingError('end of a chunk')
  }
}
