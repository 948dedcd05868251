import type { Server as HttpServer, ServerResponse } from 'node:http'
import type { Http2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { AcceptQueue } from './accept-queue.ts'
import { AwaitedRequests } from './awaited-requests.ts'
import { closeAfterFirstStreams } from './late-session.ts'
import { announceClose, stopServing } from './stop-serving.ts'

/**
 * A socket that Node's HTTP/1 server reads. The fields are private to Node, and the same in every supported
 * version.
 */
interface HttpSocket extends Socket {
  /** Null once the socket was upgraded; undefined where no HTTP/1 server reads it. */
  parser?: object | null
  /** The response that is being written. */
  _httpMessage?: ServerResponse | null
  /** The TCP socket below TLS. */
  _parent?: Socket | null
}

/** What all servers of Fastify have in common, those of a `serverFactory` included. */
type Server = HttpServer

/** A connection with a request in flight, for the log. */
export interface BusyConnection {
  readonly method: string
  /** When the connection was made, ms since the epoch. */
  readonly since: number
  readonly socket: Socket
}

/**
 * The connections of an app: HTTP/1, HTTPS and HTTP/2, also those upgraded to something else, on all of Fastify's
 * servers. They are tracked from the start, because Node has no list of them.
 */
export class Connections {
  readonly #servers: Set<Server> = new Set()
  readonly #sockets: Map<HttpSocket, number> = new Map()
  /**
   * Sockets that no HTTP/1 server reads: TCP sockets below TLS, before and after the handshake, and those of
   * HTTP/2.
   */
  readonly #otherSockets: Set<Socket> = new Set()
  /** Those of {@link #otherSockets} that have not ended their TLS handshake. */
  readonly #handshakes: Set<Socket> = new Set()
  readonly #sessions: Set<Http2Session> = new Set()
  readonly #awaited: AwaitedRequests = new AwaitedRequests()
  readonly #acceptQueue: AcceptQueue = new AcceptQueue(this.#servers)
  #isStopped = false

  readonly #onListening: () => void
  readonly #onSession: (session: Http2Session) => void

  /**
   * @param onListening Called whenever one of the servers listens.
   * @param onSession Called with each session of HTTP/2.
   */
  constructor(onListening: () => void = () => {}, onSession: (session: Http2Session) => void = () => {}) {
    this.#onListening = onListening
    this.#onSession = onSession
  }

  /** Follows a server. */
  watch(server: Server): void {
    if (this.#servers.has(server)) return
    this.#servers.add(server)
    if (server.listening) this.#onListening()
    server.on('listening', () => {
      this.#onListening()
      // An app that is still booting while the process leaves must not start to accept. Fastify's own listener, which
      // comes later, reads the address of the server.
      if (this.#isStopped) process.nextTick(() => server.close())
    })
    const sockets = this.#sockets
    const otherSockets = this.#otherSockets
    const handshakes = this.#handshakes
    const forget = function forget(this: Socket): void {
      sockets.delete(this)
      otherSockets.delete(this)
      handshakes.delete(this)
    }
    const add = (socket: HttpSocket): void => {
      if (socket.parser === undefined) otherSockets.add(socket)
      else sockets.set(socket, Date.now())
      socket.once('close', forget)
      if (this.#isStopped) this.#awaited.add(socket)
    }
    server.on('connection', (socket: HttpSocket) => {
      this.#acceptQueue.accepted += 1
      add(socket)
      if (socket.parser === undefined) handshakes.add(socket)
    })
    server.on('secureConnection', (socket: HttpSocket) => {
      add(socket)
      if (socket._parent) handshakes.delete(socket._parent)
    })
    server.on('session', (session: Http2Session) => {
      this.#sessions.add(session)
      this.#onSession(session)
      session.once('close', () => this.#sessions.delete(session))
      if (this.#isStopped) closeAfterFirstStreams(session, this.#awaited)
    })
    if (!this.#isStopped) return
    stopServing(server, this.#awaited)
    this.#acceptQueue.empty()
  }

  /**
   * Stops serving. New requests and upgrades on open connections get 503, except {@link AwaitedRequests}. Every
   * response that has not started says `Connection: close`, and HTTP/2 clients get GOAWAY. The servers stop listening
   * once the kernel has no more connections for them: see {@link AcceptQueue}.
   *
   * @param last The last response of each connection, where it is known: one that has no socket yet, because it waits
   *   for those before it.
   */
  stop(last: ReadonlyMap<Socket, ServerResponse> = new Map()): void {
    this.#isStopped = true
    for (const server of this.#servers) stopServing(server, this.#awaited)
    for (const socket of this.#sockets.keys()) {
      const response = last.get(socket) ?? socket._httpMessage
      if (response) announceClose(response)
    }
    // Open streams finish, new ones are refused.
    for (const session of this.#sessions) session.close()
    this.closeIdle()
    this.#awaited.expect([
      ...Array.from(this.#sockets.keys()).filter(
        (socket) => socket.parser && !socket._httpMessage && !socket.destroyed,
      ),
      ...this.#handshakes,
    ])
    this.#acceptQueue.empty()
  }

  /** Whether a connection that was made before the servers stopped listening may still bring its request. */
  get isAwaiting(): boolean {
    return this.#acceptQueue.isOpen || this.#awaited.isWaiting
  }

  /** Closes the keep-alive connections without a request. */
  closeIdle(): void {
    this.#spareBusy(() => {
      for (const server of this.#servers) server.closeIdleConnections?.()
    })
  }

  /**
   * Returns the connections with an unfinished response, and the upgraded ones. A connection that has sent part of
   * a request head does not count.
   */
  busy(): BusyConnection[] {
    const busy: BusyConnection[] = []
    for (const [socket, since] of this.#sockets) {
      const response = socket._httpMessage
      if (socket.destroyed || (!response && socket.parser !== null)) continue
      busy.push({ method: response?.req?.method ?? 'UPGRADE', since, socket })
    }
    return busy
  }

  /** The sockets that were upgraded to another protocol. */
  *upgraded(): Iterable<Socket> {
    for (const socket of this.#sockets.keys()) if (socket.parser === null && !socket.destroyed) yield socket
  }

  /** Whether an HTTP/2 session has streams left, once {@link stop} was called. */
  get hasSessions(): boolean {
    for (const session of this.#sessions) if (!session.destroyed) return true
    return false
  }

  /** Destroys every connection. */
  cut(): void {
    this.#acceptQueue.close()
    for (const socket of this.#sockets.keys()) socket.destroy()
    for (const session of this.#sessions) session.destroy()
    // A client that never ends its handshake would keep `server.close()` waiting.
    for (const socket of this.#otherSockets) socket.destroy()
    for (const server of this.#servers) server.closeAllConnections?.()
  }

  /**
   * Calls `close` while busy connections ignore `destroy()`. `closeIdleConnections()` takes a connection for idle as
   * soon as `response.end()` was called, and would cut a large body that is still being sent. Since Node 26 it also
   * closes connections that have sent nothing yet. It is synchronous.
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
}
