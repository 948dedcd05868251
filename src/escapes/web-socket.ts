import type { EventEmitter } from 'node:events'
import type { IsolatedApp } from '../isolated-app.ts'
import { OPTED_OUT, requestStorage } from '../request/async-context.ts'
import { contextOf, type RequestContext } from '../request/context.ts'

/** RFC 6455, 7.4.1: the server met an unexpected condition. */
const INTERNAL_ERROR = 1011

interface WebSocket extends EventEmitter {
  close(code: number): void
  terminate(): void
}

interface WebSocketServer extends EventEmitter {
  readonly clients?: ReadonlySet<WebSocket>
}

const upgraded: WeakMap<RequestContext, WebSocket> = new WeakMap()
const watched: WeakSet<WebSocketServer> = new WeakSet()

/**
 * Follows the WebSockets of `@fastify/websocket`, which decorates the instance with its `websocketServer`. An
 * event of a socket comes from the network and not from the request that opened it, so its listeners run
 * outside of the request's context. They are called within it from here on, and what they throw closes their
 * socket.
 *
 * @param instance An instance that may have the decorator. Called again, it does nothing.
 */
export function followWebSockets(instance: object, app: IsolatedApp): void {
  const { websocketServer } = instance as { websocketServer?: WebSocketServer }
  if (typeof websocketServer?.on !== 'function' || watched.has(websocketServer)) return
  watched.add(websocketServer)
  websocketServer.on('connection', (socket: WebSocket, raw: object) => {
    const stored = requestStorage.getStore()
    const context = stored === OPTED_OUT ? undefined : (stored ?? contextOf(raw))
    if (context?.route.escapes === true) guard(socket, context, app)
  })
}

/** Closes the socket of an upgraded request, which no HTTP answer may be written to. False: it is not upgraded. */
export function closeUpgraded(context: RequestContext): boolean {
  const socket = upgraded.get(context)
  if (socket === undefined) return false
  close(socket)
  return true
}

function guard(socket: WebSocket, context: RequestContext, app: IsolatedApp): void {
  upgraded.set(context, socket)
  const { emit } = socket
  socket.emit = function guardedEmit(...args: Parameters<EventEmitter['emit']>): boolean {
    try {
      return requestStorage.run(context, () => emit.apply(socket, args))
    } catch (error) {
      app.recordFault({ error, origin: 'handler', attributedTo: 'call', context })
      close(socket)
      return true
    }
  }
}

function close(socket: WebSocket): void {
  try {
    socket.close(INTERNAL_ERROR)
  } catch {
    socket.terminate()
  }
}
