/** What one request of the soak must get, known before it is sent. */
export interface Expected {
  /** 0: a connection that is cut without an answer. */
  readonly status: number
  /** The whole body, or as much of it as may come before the cut. */
  readonly body: string
  /** Whether the answer must be cut. */
  readonly isCut: boolean
  /** The answer that is as good: where the event loop was blocked, what comes late comes in time. */
  readonly inTime?: Seen
  /** One for each fault that the log must have for this request: its origin and how the request was found. */
  readonly faults: readonly string[]
}

/** One request. */
export interface Planned {
  /** In its URL, its body, its id, its answer and its log lines. */
  readonly nonce: string
  /** What it asks for, for the reader of a failure. */
  readonly name: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** JSON. */
  readonly body: string | undefined
  readonly expected: Expected
}

/** What a client saw. */
export interface Seen {
  readonly status: number
  readonly body: string
  readonly isCut: boolean
}

/** The headers that every request has. */
export function headersOf({ nonce, body }: Planned): Record<string, string> {
  const headers = { 'x-request-id': nonce }
  if (body === undefined) return headers
  return { ...headers, 'content-type': 'application/json', 'content-length': String(body.length) }
}

/** Its head as bytes of HTTP/1.1. */
export function rawHead(planned: Planned, more: Record<string, string> = {}): string {
  const headers = Object.entries({ host: 'localhost', ...headersOf(planned), ...more })
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  return `${planned.method} ${planned.path} HTTP/1.1\r\n${lines.join('')}\r\n`
}
