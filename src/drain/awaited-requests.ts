import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest, Http2Session } from 'node:http2'
import type { Socket } from 'node:net'

/** Milliseconds to wait for the request of an open connection: more than a slow round trip takes. */
export const MAX_WAIT = 500

/** A TCP or TLS connection, or an HTTP/2 session. */
type Connection = Socket | Http2Session

const admitted: WeakSet<IncomingMessage> = new WeakSet()

/**
 * The requests that are answered although they come after the stop: those of connections that were made before the
 * servers stopped listening and had not sent a whole request head. Their client may have sent it already.
 */
export class AwaitedRequests {
  #connections: Set<Connection> = new Set()
  #state: 'serving' | 'waiting' | 'over' = 'serving'
  #timer: NodeJS.Timeout | undefined

  /** Sets the connections to wait for, when the app stops serving. Waits for {@link MAX_WAIT}. */
  expect(connections: Iterable<Connection>): void {
    this.#connections = new Set(connections)
    this.#wait()
  }

  /** Waits for one more connection, and from now on for {@link MAX_WAIT} anew. */
  add(connection: Connection): void {
    this.#connections.add(connection)
    this.#wait()
  }

  /** Waits for this connection no more. */
  delete(connection: Connection): void {
    this.#connections.delete(connection)
  }

  /** Whether such a request may still come. True before the stop. */
  get isWaiting(): boolean {
    if (this.#state !== 'waiting') return this.#state === 'serving'
    for (const connection of this.#connections) if (!connection.destroyed) return true
    return false
  }

  /**
   * Whether to answer this request. Admits one request of each connection, which closes after the answer, and those of
   * an HTTP/2 session until it is deleted.
   */
  admit(request: IncomingMessage): boolean {
    const isAwaited = this.isWaiting && this.#take(request)
    if (isAwaited) admitted.add(request)
    return isAwaited
  }

  #wait(): void {
    this.#state = 'waiting'
    clearTimeout(this.#timer)
    const timer = setTimeout(() => {
      // After a blocked event loop the requests that came meanwhile are still to be read.
      // No `clearImmediate`, which breaks Node's list of immediates where a tick of one of them throws.
      setImmediate(() => {
        if (this.#timer === timer) this.#state = 'over'
      })
    }, MAX_WAIT)
    timer.unref()
    this.#timer = timer
  }

  #take(request: IncomingMessage): boolean {
    if (request.httpVersionMajor !== 2) return this.#connections.delete(request.socket)
    const { session } = (request as unknown as Http2ServerRequest).stream
    return session !== undefined && this.#connections.has(session)
  }
}

/** Whether a request that came after the stop was admitted. */
export function wasAdmitted(request: IncomingMessage): boolean {
  return admitted.has(request)
}
