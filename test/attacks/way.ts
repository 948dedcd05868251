import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify'

/** What the hostile client sends, again and again. */
export interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Bytes in place of a whole request, after which the client leaves. */
  readonly raw?: string
}

/** An ordinary bug of an app, and what a client makes of it that wants the process to leave, to be replaced or to hang. */
export interface Way {
  /** Adds the bug to an app. */
  readonly app: (app: FastifyInstance) => unknown
  /** Default: a GET of `/bug`. Several are sent in turn. */
  readonly send?: Sent | readonly Sent[]
  /** How many requests. Default: 200. */
  readonly times?: number
  /** In place of `send`. */
  readonly attack?: (port: number) => Promise<unknown>
  /** Whether bare Fastify cannot have this bug. */
  readonly isOfPlugin?: boolean
  /** Whether the app speaks HTTP/2. */
  readonly http2?: boolean
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown

/** A bug in a handler of GET /bug. */
export function get(
  handler: Handler,
  send: Way['send'] = {},
  options: RouteShorthandOptions = {},
): Pick<Way, 'app' | 'send'> {
  return { app: (app) => app.get('/bug', options, handler), send }
}

/** A bug in a handler of POST /bug that takes JSON. */
export function post(handler: (body: Body, reply: FastifyReply) => unknown, ...sent: unknown[]): Way {
  return {
    app: (app) =>
      app.post('/bug', { bodyLimit: 2 ** 21 }, (request, reply) => handler(request.body as Body, reply)),
    send: sent.map((body) => json(body)),
  }
}

// biome-ignore lint/suspicious/noExplicitAny: what a client has sent, and a careless app takes for granted.
export type Body = any

/** A POST of JSON to /bug; a text is sent as it is. */
export function json(body: unknown): Sent {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }
}

/** Never settles. */
export function forever(): Promise<never> {
  return new Promise<never>(() => {})
}

/** What a careless app does with what the client has sent: it throws where the client has sent nothing. */
export const use = (body: Body): number => body.user.name.length
/** Throws. */
export const broken = (): number => use({})

/** A bug in a handler of GET /bug that runs something which fails later, and answers or does not. */
export function later(bug: (request: FastifyRequest) => unknown): Pick<Way, 'app' | 'send'> {
  return get(async (request) => {
    bug(request)
    if (request.id.length % 2 === 0) return 'ok'
    return forever()
  })
}
