import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { Http2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { AwaitedRequests } from './awaited-requests.ts'
import { refuseRequest, refuseUpgrade } from './refuse.ts'

/** A socket that Node's HTTP/1 server reads. Both fields are Node's own, the same in every supported version. */
interface HttpSocket extends Socket {
  /** Null once the socket was upgraded; undefined where no HTTP/1 server reads it. */
  parser?: object | null
  /** The response that is being written. */
  _httpMessage?: ServerResponse | null
}

/** What every server of Fastify has in common, those of a `serverFactory` included. */
type Server = HttpServer

/** What is busy on a connection, for the log. */
export interface BusyConnection {
  readonly method: string
  /** When the connection was made, ms since the epoch. */
  readonly since: number
  readonly socket: Socket
}

/**
 * The connections of an app: HTTP/1, HTTPS and HTTP/2, also those upgraded to something else, on all of
 * Fastify's servers. They are known from the start because Node shows only the idle ones, and no upgraded one.
 */
export class Connections {
  readonly #servers: Set<Server> = new Set()
  readonly #sockets: Map<HttpSocket, number> = new Map()
  /** What TLS is read from, from the first byte of a handshake on. */
  readonly #beneath: Set<Socket> = new Set()
  readonly #sessions: Set<Http2Session> = new Set()
  readonly #awaited: AwaitedRequests = new AwaitedRequests()
  #isStopped = false

  readonly #onListening: () => void

  /** @param onListening Called whenever one of the servers listens. */
  constructor(onListening: () => void = () => {}) {
    this.#onListening = onListening
  }

  /** Follows a server. */
  watch(server: Server): void {
    if (this.#servers.has(server)) return
    this.#servers.add(server)
    if (server.listening) this.#onListening()
    server.on('listening', () => {
      this.#onListening()
      // An app that boots on while the process leaves must not start to accept.
      if (this.#isStopped) server.close()
    })
    const sockets = this.#sockets
    const beneath = this.#beneath
    const forget = function forget(this: Socket): void {
      sockets.delete(this)
      beneath.delete(this)
    }
    const accept = (socket: HttpSocket): void => {
      if (socket.parser === undefined) beneath.add(socket)
      else sockets.set(socket, Date.now())
      socket.once('close', forget)
    }
    server.on('connection', accept)
    server.on('secureConnection', accept)
    server.on('session', (session: Http2Session) => {
      this.#sessions.add(session)
      session.once('close', () => this.#sessions.delete(session))
      // Its connection was accepted in time, its handshake ended too late.
      if (this.#isStopped) session.close()
    })
    if (this.#isStopped) this.#stop(server)
  }

  /**
   * Stops accepting: new requests and upgrades on open connections get 503, but for {@link AwaitedRequests}; every response that has not started says `Connection: close`, and
   * HTTP/2 clients get GOAWAY.
   */
  stop(): void {
    this.#isStopped = true
    for (const server of this.#servers) this.#stop(server)
    for (const socket of this.#sockets.keys()) {
      if (socket._httpMessage) announceClose(socket._httpMessage)
    }
    // Its streams finish, new ones are refused.
    for (const session of this.#sessions) session.close()
    this.closeIdle()
    this.#awaited.expect(
      Array.from(this.#sockets.keys()).filter(
        (socket) => socket.parser && !socket._httpMessage && !socket.destroyed,
      ),
    )
  }

  /** Whether a connection that was accepted before the stop may still bring its request. */
  get isAwaiting(): boolean {
    return this.#awaited.isWaiting
  }

  /** Closes the keep-alive connections that wait for a next request. */
  closeIdle(): void {
    this.#spareBusy(() => {
      for (const server of this.#servers) server.closeIdleConnections?.()
    })
  }

  /** Connections with a response that is not done, and upgraded ones; a half-sent request head is none yet. */
  busy(): BusyConnection[] {
    const busy: BusyConnection[] = []
    for (const [socket, since] of this.#sockets) {
      const response = socket._httpMessage
      if (socket.destroyed || (!response && socket.parser !== null)) continue
      busy.push({ method: response?.req?.method ?? 'UPGRADE', since, socket })
    }
    return busy
  }

  /** Whether an HTTP/2 session has streams left, once {@link stop} was called. */
  get hasSessions(): boolean {
    for (const session of this.#sessions) if (!session.destroyed) return true
    return false
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets.keys()) socket.destroy()
    for (const session of this.#sessions) session.destroy()
    // One that never ends its handshake would keep `server.close()` waiting.
    for (const socket of this.#beneath) socket.destroy()
    for (const server of this.#servers) server.closeAllConnections?.()
  }

  /**
   * `server.close()` and `closeIdleConnections()` take a connection for idle as soon as `response.end()` was
   * called, and cut a large body that is still being sent. Since Node 26 they also close what has brought
   * nothing yet. Both are synchronous.
   */
  #spareBusy(close: () => void): void {
    const spared: Socket[] = this.busy().map(({ socket }) => socket)
    if (this.#awaited.isWaiting) {
      for (const socket of this.#sockets.keys())
        if (socket.parser && socket.bytesRead === 0) spared.push(socket)
    }
    for (const socket of spared) socket.destroy = () => socket
    try {
      close()
    } finally {
      for (const socket of spared) Reflect.deleteProperty(socket, 'destroy')
    }
  }

  #stop(server: Server): void {
    if (server.listening) this.#spareBusy(() => server.close())
    // In place of the app's own listeners: no route can be left out, and serving pays nothing for it.
    for (const event of ['request', 'checkContinue', 'checkExpectation']) {
      const own = server.listeners(event)
      replaceListeners(server, event, (request: IncomingMessage, response: ServerResponse) => {
        if (!this.#awaited.admit(request)) {
          refuseRequest(request, response)
          return
        }
        announceClose(response)
        for (const listener of own) listener.call(server, request, response)
      })
    }
    replaceListeners(server, 'upgrade', refuseUpgrade)
    replaceListeners(server, 'connect', refuseUpgrade)
  }
}

/** Makes a response say that the connection closes after it, unless it has started. */
export function announceClose(response: ServerResponse | { headersSent: boolean }): void {
  if (!response.headersSent) (response as ServerResponse).shouldKeepAlive = false
}

function replaceListeners(
  server: Server,
  event: string,
  listener:
    | ((request: IncomingMessage, response: ServerResponse) => void)
    | ((request: IncomingMessage, socket: Socket) => void),
): void {
  // Without a listener Node has a behaviour of its own, which a listener would switch off.
  if (server.listenerCount(event) === 0) return
  server.removeAllListeners(event)
  server.on(event, listener as (...args: unknown[]) => void)
}
