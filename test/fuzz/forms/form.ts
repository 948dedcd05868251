import fastify, { type FastifyReply, type FastifyRequest, type RouteShorthandOptions } from 'fastify'

/** In the message of every error: no client may ever see it. */
export const SECRET = 'hunter2'

/** Milliseconds of grace that the server gives. */
export const GRACE = 120

/** The answer to a request, as it must reach its client. */
export interface Answer {
  readonly status: number
  /** The whole body by the id of its request and the body that the request had. A HEAD request gets none of it. */
  readonly body: (id: string, sent: string) => string
  /** Headers that it must have, in lower case, by the id of its request; undefined: one that it must not have. */
  readonly headers?: (id: string) => Readonly<Record<string, string | readonly string[] | undefined>>
  readonly trailers?: (id: string) => Readonly<Record<string, string>>
  /** Whether it must be cut: what comes is the beginning of it, and then its connection or its stream is closed. */
  readonly isCut?: boolean
}

/** How a request sends its body. */
export type Upload = 'length' | 'chunked' | 'continue'

/** One way to answer a request, or to fail to: the route of the server, and what its client must get. */
export interface Form {
  readonly name: string
  /** Default: GET. */
  readonly method?: 'GET' | 'HEAD' | 'POST'
  readonly route?: RouteShorthandOptions
  readonly handler: (request: FastifyRequest, reply: FastifyReply) => unknown
  /** One of them must come. */
  readonly answers: readonly Answer[]
  /** The body that the request sends, by its id; undefined: none. */
  readonly sends?: (id: string, size: number) => string
  /** Default: JSON. */
  readonly type?: string
  /** Whether its errors are faults in the log. */
  readonly isFaulty?: boolean
  /** Whether the server may close an HTTP/1 connection behind the answer. */
  readonly closes?: boolean
  /**
   * Whether it throws where Node's HTTP/1 parser may be at work: a later request of the connection that has a body may
   * lose it, and is then answered 500 ("What is attributed to whom" in docs/escapes.md).
   */
  readonly stopsParser?: boolean
  /**
   * Whether Node may call what it throws on behalf of a pipelined neighbour, which then has the fault in the log ("What is
   * attributed to whom" in docs/escapes.md).
   */
  readonly isNamedAfterNeighbours?: boolean
  /** Whether it has no headers of the app's hooks: it is written past Fastify. */
  readonly isRaw?: boolean
  /** The protocols that it fits. Default: both. */
  readonly only?: 1 | 2
  /** Whether no other request of its connection may wait for an answer before it: see "Around a pipelined response" there. */
  readonly isFirst?: boolean
  /** Whether its answer may not be compressed by a hook. */
  readonly isPlain?: boolean
  /** How often it is chosen. Default: 1. */
  readonly weight?: number
}

/** Fastify 5.11.2 gives an answer with trailers a header that HTTP/2 forbids, and answers 500. */
export const WITH_TRAILERS: Pick<Form, 'only'> = fastify().version === '5.11.2' ? { only: 1 } : {}

/** Throws an error that holds the secret. */
export function boom(): never {
  throw new Error(`the password is ${SECRET}`)
}

/** A text that has the id of its request all over. */
export function text(id: string, times: number): string {
  return `${id};`.repeat(times)
}

/** A promise of its own for each that waits: what waits for a shared one is never let go. */
export function never(): Promise<never> {
  return new Promise<never>(() => {})
}

/** What a client gets of a fault. */
export function masked(status: 500 | 503 = 500): Answer {
  const error = status === 500 ? 'Internal Server Error' : 'Service Unavailable'
  return {
    status,
    body: (id) => JSON.stringify({ statusCode: status, error, message: error, requestId: id }),
    headers: () => ({
      'content-type': 'application/json; charset=utf-8',
      'x-of-the-success': undefined,
      'set-cookie': undefined,
      'content-encoding': undefined,
    }),
  }
}

/** A 200 whose body has the id so many times. */
export function good(times = 3): Answer {
  return { status: 200, body: (id) => text(id, times) }
}
