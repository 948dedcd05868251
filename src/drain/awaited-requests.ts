import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** Milliseconds to wait for the request of an open connection: more than a slow round trip takes. */
const MAX_WAIT = 500

const admitted: WeakSet<IncomingMessage> = new WeakSet()

/**
 * The requests that are answered although they come after the stop: those of connections that were accepted before
 * it and had not sent a whole request head. Their client may have sent it already.
 */
export class AwaitedRequests {
  #sockets: Set<Socket> = new Set()
  #until: number = Number.POSITIVE_INFINITY

  /** Sets the connections to wait for, when the app stops accepting. Waits for {@link MAX_WAIT}. */
  expect(sockets: Iterable<Socket>): void {
    this.#sockets = new Set(sockets)
    this.#until = performance.now() + MAX_WAIT
  }

  /** Whether such a request may still come. True before the stop. */
  get isWaiting(): boolean {
    if (performance.now() >= this.#until) return false
    if (this.#until === Number.POSITIVE_INFINITY) return true
    for (const socket of this.#sockets) if (!socket.destroyed) return true
    return false
  }

  /** Whether to answer this request. Admits one request of each connection, which closes after the answer. */
  admit(request: IncomingMessage): boolean {
    const isAwaited = this.isWaiting && this.#sockets.delete(request.socket)
    if (isAwaited) admitted.add(request)
    return isAwaited
  }
}

/** Whether a request that came after the stop was admitted. */
export function wasAdmitted(request: IncomingMessage): boolean {
  return admitted.has(request)
}
