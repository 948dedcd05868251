import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** Milliseconds that a client, once connected, may need to bring its request: a long way round the world. */
const PATIENCE = 500

const admitted: WeakSet<IncomingMessage> = new WeakSet()

/**
 * The requests that are still answered though they come after the stop: those of connections that were accepted
 * before it and had not brought a whole request head yet. Their client was connected, and on its way.
 */
export class AwaitedRequests {
  #sockets: Set<Socket> = new Set()
  #until: number = Number.POSITIVE_INFINITY

  /** Names the connections, at the stop. From now on they have {@link PATIENCE}. */
  expect(sockets: Iterable<Socket>): void {
    this.#sockets = new Set(sockets)
    this.#until = performance.now() + PATIENCE
  }

  /** Whether they may still come. Before the stop: yes. */
  get isWaiting(): boolean {
    if (performance.now() >= this.#until) return false
    if (this.#until === Number.POSITIVE_INFINITY) return true
    for (const socket of this.#sockets) if (!socket.destroyed) return true
    return false
  }

  /** Whether this is one of them. One connection brings one, and closes after its answer. */
  admit(request: IncomingMessage): boolean {
    const isAwaited = this.isWaiting && this.#sockets.delete(request.socket)
    if (isAwaited) admitted.add(request)
    return isAwaited
  }
}

/** Whether a request that came after the stop was let in. */
export function wasAdmitted(request: IncomingMessage): boolean {
  return admitted.has(request)
}
