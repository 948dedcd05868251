import type { EventEmitter } from 'node:events'
import { attempt } from '../attempt.ts'
import { followsFromException } from '../escapes/retire-connection.ts'
import type { Guards } from '../guards/guards.ts'
import { isOnceWrapper } from '../node-parts.ts'
import { SERVER_EVENTS, type ServerEvent } from './events.ts'
import { callServerListener, type ServerListener } from './listener.ts'
import type { RawContexts } from './raw-contexts.ts'

/** The listener that Node itself puts on an HTTP/2 server: guarded, it would cost each request time. */
const OF_NODE = 'bound onServerStream'

const guarded: WeakSet<object> = new WeakSet()

/** Marks a listener that guards itself. */
export function markGuarded<T extends object>(listener: T): T {
  guarded.add(listener)
  return listener
}

/**
 * Guards the listeners on the servers of an app, in their places: those that are there, and those that come later. It
 * costs nothing where there are none.
 */
export class ServerListeners {
  readonly #guards: Guards
  readonly #contexts: RawContexts
  readonly #servers: WeakSet<EventEmitter> = new WeakSet()

  /** @param contexts Makes the contexts of what the listeners are called with. */
  constructor(guards: Guards, contexts: RawContexts) {
    this.#guards = guards
    this.#contexts = contexts
  }

  /** Guards the listeners of one server, once. */
  guard(server: EventEmitter): void {
    if (this.#servers.has(server) || typeof server.rawListeners !== 'function') return
    this.#servers.add(server)
    for (const name of SERVER_EVENTS.keys()) this.#guardAll(server, name)
    server.on('newListener', (name: unknown) => {
      if (!SERVER_EVENTS.has(name as string)) return
      // it is emitted before the listener is there
      process.nextTick(() => attempt(() => this.#guardAll(server, name as string), undefined))
    })
  }

  #guardAll(server: EventEmitter, name: string): void {
    const event = SERVER_EVENTS.get(name) as ServerEvent
    const listeners = server.rawListeners(name) as ServerListener[]
    if (listeners.every(isLeft)) return
    server.removeAllListeners(name)
    for (const listener of listeners) {
      server.on(name, isLeft(listener) ? listener : this.#guardOne(server, name, listener, event))
    }
  }

  #guardOne(
    server: EventEmitter,
    name: string,
    listener: ServerListener & { listener?: ServerListener },
    event: ServerEvent,
  ): ServerListener {
    const guards = this.#guards
    const contexts = this.#contexts
    const isOnce = isOnceWrapper(listener)
    function guardedListener(this: unknown, ...args: unknown[]): void {
      if (name === 'clientError' && followsFromException(args[0], args[1])) return
      // Node's wrapper would look for itself
      if (isOnce) server.removeListener(name, guardedListener)
      callServerListener(listener, this, args, event, guards, contexts)
    }
    // by this property `removeListener()` and `listeners()` know the function of the app, as they do after `once()`
    return markGuarded(Object.assign(guardedListener, { listener: listener.listener ?? listener }))
  }
}

function isLeft(listener: ServerListener): boolean {
  return guarded.has(listener) || listener.name === OF_NODE
}
