import type { EventEmitter } from 'node:events'
import type { IsolatedApp } from '../isolated-app.ts'
import { currentContext, OPTED_OUT, requestStorage } from '../request/async-context.ts'
import { RequestContext } from '../request/context.ts'
import { contextOf } from '../request/context-slot.ts'

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
 * Calls the listeners of WebSockets within the context of the request that opened them, and closes a socket whose
 * listener throws. Node would call them outside of the context, because their events come from the network.
 * `@fastify/websocket` decorates the instance with its `websocketServer`.
 *
 * @param instance An instance that may have the decorator. Called again, it does nothing.
 */
export function followWebSockets(instance: object, app: IsolatedApp): void {
  const { websocketServer } = instance as { websocketServer?: WebSocketServer }
  if (typeof websocketServer?.on !== 'function' || watched.has(websocketServer)) return
  watched.add(websocketServer)
  websocketServer.on('connection', (socket: WebSocket, raw: object) => {
    const current = currentContext()
    if (current === OPTED_OUT) return
    const context = current instanceof RequestContext ? current : contextOf(raw)
    if (context?.route.escapes === true) guard(socket, context, app)
  })
}

/**
 * Closes the WebSocket of an upgraded request, which can get no HTTP answer. Returns false where it is not
 * upgraded.
 */
export function closeUpgraded(context: RequestContext): boolean {
  const socket = upgraded.get(context)
  if (socket === undefined) return false
  close(socket, context)
  return true
}

function guard(socket: WebSocket, context: RequestContext, app: IsolatedApp): void {
  upgraded.set(context, socket)
  const { emit } = socket
  socket.emit = function guardedEmit(...args: Parameters<EventEmitter['emit']>): boolean {
    try {
      return requestStorage.run(context.stored, () => emit.apply(socket, args))
    } catch (error) {
      app.recordFault({ error, origin: 'handler', attributedTo: 'call', context })
      close(socket, context)
      return true
    }
  }
}

function close(socket: WebSocket, context: RequestContext): void {
  context.end('cut')
  try {
    socket.close(INTERNAL_ERROR)
  } catch {
    socket.terminate()
  }
}
