import type { Seen } from './planned.ts'

const HEAD_END = '\r\n\r\n'

/** Takes the answers on one HTTP/1 connection apart, in their order. */
export class ResponseReader {
  readonly #onAnswer: (seen: Seen) => void
  #text = ''

  constructor(onAnswer: (seen: Seen) => void) {
    this.#onAnswer = onAnswer
  }

  /** What was received and is not a whole answer. */
  get rest(): string {
    return this.#text
  }

  read(chunk: string): void {
    this.#text += chunk
    for (let answer = parse(this.#text); answer?.end !== undefined; answer = parse(this.#text)) {
      this.#text = this.#text.slice(answer.end)
      this.#onAnswer({ status: answer.status, body: answer.body, isCut: false })
    }
  }

  /** The connection is closed: what has come of an answer is all of it. */
  cut(): Seen {
    const { status = 0, body = '' } = parse(this.#text) ?? {}
    return { status, body, isCut: true }
  }
}

interface Parsed {
  readonly status: number
  readonly body: string
  /** Where the next answer begins; undefined while this one is not whole. */
  readonly end: number | undefined
}

/** The first answer of a text, undefined while its head is not whole. */
function parse(text: string): Parsed | undefined {
  const headEnd = text.indexOf(HEAD_END)
  if (headEnd === -1) return undefined
  const head = text.slice(0, headEnd)
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1])
  const start = headEnd + HEAD_END.length
  if (/^transfer-encoding: chunked$/im.test(head)) return { status, ...chunked(text, start) }
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
  const end = start + length
  return { status, body: text.slice(start, end), end: end <= text.length ? end : undefined }
}

function chunked(text: string, start: number): Pick<Parsed, 'body' | 'end'> {
  let body = ''
  let at = start
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd === -1) return { body, end: undefined }
    const size = Number.parseInt(text.slice(at, lineEnd), 16)
    const from = lineEnd + 2
    body += text.slice(from, from + size)
    at = from + size + 2
    if (at > text.length) return { body, end: undefined }
    if (size === 0) return { body, end: at }
  }
}
