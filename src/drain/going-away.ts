import type { Socket } from 'node:net'
import { attempt } from '../attempt.ts'
import { symbolOf } from '../symbol-of.ts'

/** RFC 6455, 7.4.1: the server goes down. Clients take it as a reason to connect anew. */
const GOING_AWAY = 1001

/** A WebSocket of the package `ws`. */
interface WebSocket {
  close(code?: number, reason?: string | Buffer): void
}

/** From now on a `close()` that gives no code, such as that of `@fastify/websocket` in its `preClose` hook, says 1001. */
export function closeAsGoingAway(sockets: Iterable<Socket>): void {
  for (const webSocket of webSocketsOf(sockets)) {
    const { close } = webSocket
    attempt(() => {
      webSocket.close = (code = GOING_AWAY, reason) => close.call(webSocket, code, reason)
    }, undefined)
  }
}

/** Closes with 1001 those that are still open. Never throws: what the app has put in place of `close()` may. */
export function sayGoingAway(sockets: Iterable<Socket>): void {
  for (const webSocket of webSocketsOf(sockets)) attempt(() => webSocket.close(GOING_AWAY), undefined)
}

/**
 * `ws`, which nearly every server for Node is built on, keeps the WebSocket on its socket. An upgraded socket that
 * has none speaks another protocol, or was upgraded by another library: only its owner can say goodbye on it.
 */
function* webSocketsOf(sockets: Iterable<Socket>): Iterable<WebSocket> {
  for (const socket of sockets) {
    const symbol = symbolOf(socket, 'websocket')
    const webSocket = symbol && (socket as unknown as Record<symbol, WebSocket | undefined>)[symbol]
    if (typeof webSocket?.close === 'function') yield webSocket
  }
}
