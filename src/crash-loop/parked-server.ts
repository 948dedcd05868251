import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttp2Server, createSecureServer } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { refusalBody } from '../answer/refusal.ts'
import type { ListenAddress } from '../deaths/state.ts'
import { withoutQuery } from '../without-query.ts'

/** What decides how the app's own server speaks: Fastify's options of these names. */
export interface ServerKind {
  readonly https?: object | boolean | null | undefined
  readonly http2?: boolean | undefined
}

/** Where the app would listen: where it did last, else on the port that the environment names. */
export function parkingAddresses(
  known: readonly ListenAddress[] | undefined,
  env: Readonly<Record<string, string | undefined>>,
): readonly ListenAddress[] {
  if (known !== undefined && known.length > 0) return known
  const port = Number(env.PORT)
  return Number.isInteger(port) && port > 0 && port < 65_536 ? [{ port }] : []
}

/** Answers for an app that is held: 503 with `Retry-After` to everything, but 200 on the path of the liveness probe. */
export class ParkedServer {
  readonly #kind: ServerKind
  readonly #liveness: string | undefined
  readonly #secondsLeft: () => number
  readonly #servers: Server[] = []
  readonly #sockets: Set<Socket> = new Set()

  /** @param secondsLeft Until the app is tried again. */
  constructor(kind: ServerKind, liveness: string | undefined, secondsLeft: () => number) {
    this.#kind = kind
    this.#liveness = liveness
    this.#secondsLeft = secondsLeft
  }

  /** @throws Node's error where the address cannot be listened on, as where another process does. */
  async listen(address: ListenAddress): Promise<void> {
    const server = this.#create()
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    // What a client sends does no harm to an app that is not there.
    server.on('clientError', (_error, socket) => socket.destroy())
    server.listen({ ...address })
    await once(server, 'listening')
    server.on('error', () => {})
    this.#servers.push(server)
  }

  /** Cuts its connections and frees its addresses. Never rejects. */
  async close(): Promise<void> {
    const closed = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    )
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(closed)
  }

  #create(): Server {
    const answer: RequestListener = (request, response) => {
      request.resume()
      response.setHeader('cache-control', 'no-store')
      response.setHeader('content-type', 'application/json; charset=utf-8')
      const isAlive = this.#liveness !== undefined && withoutQuery(request.url ?? '') === this.#liveness
      response.statusCode = isAlive ? 200 : 503
      if (!isAlive) response.setHeader('retry-after', String(this.#secondsLeft()))
      if (request.httpVersionMajor < 2) response.setHeader('connection', 'close')
      response.end(isAlive ? '{"state":"parked"}' : refusalBody())
    }
    const { https, http2 } = this.#kind
    if (!https)
      return http2 ? (createHttp2Server(answer as never) as unknown as Server) : createServer(answer)
    const options = https === true ? {} : https
    return http2
      ? (createSecureServer({ allowHTTP1: true, ...options }, answer as never) as unknown as Server)
      : createTlsServer(options, answer)
  }
}
