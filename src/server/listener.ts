import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Peer } from '../answer/peer.ts'
import { attempt } from '../attempt.ts'
import { forgetPeer, keepPeer } from '../escapes/peers.ts'
import type { Guards } from '../guards/guards.ts'
import { isThenable } from '../is-thenable.ts'
import { attachToConnection, OPTED_OUT, requestStorage } from '../request/async-context.ts'
import type { RequestContext } from '../request/context.ts'
import { attach, contextOf } from '../request/context-slot.ts'
import type { ServerEvent } from './events.ts'
import type { RawContexts } from './raw-contexts.ts'

/** A listener of one of {@link SERVER_EVENTS}. */
export type ServerListener = (...args: unknown[]) => unknown

/** What a listener has failed on. The listeners after it are not called, as if its error had reached Node. */
const failed: WeakSet<object> = new WeakSet()
/** Whether there was ever one: a healthy app skips the look-up. */
let hasFailed = false

/**
 * Calls a listener that an app or a plugin has hung on Node's server. What it throws or rejects with costs its own
 * client alone, which is answered 500 or cut: Node calls it outside of everything that Fastify catches.
 *
 * @param self The server, as `this` of the listener.
 * @param args What Node calls it with.
 */
export function callServerListener(
  listener: ServerListener,
  self: unknown,
  args: unknown[],
  event: ServerEvent,
  guards: Guards,
  contexts: RawContexts,
): void {
  const target = args[event.peer] as object
  if (hasFailed && failed.has(target)) return
  if (event.keepsContext || contextOf(target) !== undefined) {
    new ServerListenerCall(args, event, guards, contexts).run(listener, self)
    return
  }
  // each request behind a `serverFactory`, and each connection, comes here
  try {
    const result = Reflect.apply(listener, self, args)
    if (isThenable(result)) new ServerListenerCall(args, event, guards, contexts).follow(result)
  } catch (error) {
    new ServerListenerCall(args, event, guards, contexts).handle(error)
  }
}

class ServerListenerCall {
  readonly #args: unknown[]
  readonly #event: ServerEvent
  readonly #guards: Guards
  readonly #contexts: RawContexts
  /** The response, socket, session or stream. */
  readonly #target: object
  readonly #raw: IncomingMessage | undefined
  readonly #peer: Peer
  #context: RequestContext | undefined

  constructor(args: unknown[], event: ServerEvent, guards: Guards, contexts: RawContexts) {
    this.#args = args
    this.#event = event
    this.#guards = guards
    this.#contexts = contexts
    this.#target = args[event.peer] as object
    this.#raw = event.hasRequest ? (args[0] as IncomingMessage) : undefined
    this.#peer = new Peer(this.#target, event.mayAnswer)
  }

  /** Calls the listener in an asynchronous context. */
  run(listener: ServerListener, self: unknown): void {
    const context = this.#inFlight ?? attempt(() => this.#begin(), undefined)
    this.#context = context
    try {
      const result = context?.route.escapes
        ? requestStorage.run(context.stored, () => Reflect.apply(listener, self, this.#args))
        : Reflect.apply(listener, self, this.#args)
      if (isThenable(result)) this.follow(result)
    } catch (error) {
      this.handle(error)
    }
  }

  /** Handles what the promise of the listener rejects with. */
  follow(promise: PromiseLike<unknown>): void {
    promise.then(undefined, (error) => {
      if (!this.#takes(error)) rejectWithin(this.#inFlight, error)
    })
  }

  /** @throws The error itself where it is for whoever handles the escapes of a request. */
  handle(error: unknown): void {
    if (!this.#takes(error)) throw error
  }

  /** The context of the request that the socket, response or stream is about right now. */
  get #inFlight(): RequestContext | undefined {
    const raw = this.#raw
    const context = contextOf(this.#target) ?? contextOf(raw)
    if (context === undefined || context.done) return undefined
    return raw === undefined || context.request?.raw === raw ? context : undefined
  }

  /** Makes the context in which the listener runs. */
  #begin(): RequestContext | undefined {
    if (!this.#guards.app.options.escapes) return undefined
    const { hasRequest, peer } = this.#event
    const target = this.#target
    const raw = this.#raw
    const context = this.#makeContext()
    if (raw !== undefined) attachToConnection(context, raw)
    else if (peer === 0) attach(context, target)
    // a session serves all requests of its client: it does not end for what escapes later
    if (hasRequest || 'end' in target) keepPeer(context, this.#peer)
    const emitter = target as EventEmitter & { readonly writableFinished?: boolean }
    emitter.once('close', () => {
      context.isCutShort = emitter.writableFinished !== true
      context.release()
      forgetPeer(context)
    })
    return context
  }

  #makeContext(): RequestContext {
    return this.#raw === undefined
      ? this.#contexts.ofConnection(this.#target, this.#args[1])
      : this.#contexts.ofRequest(this.#raw)
  }

  /**
   * Records an error of the listener, and answers or cuts its client. Never throws.
   *
   * @returns False where the listener has given the request to Fastify: the error is for whoever handles its escapes.
   */
  #takes(error: unknown): boolean {
    const target = this.#target
    try {
      const known = this.#inFlight
      if (this.#guards.optedOut.has(target)) return false
      if (known?.reply !== undefined && this.#peer.isOfExchange) {
        // Fastify answers it, unless it was Fastify that threw
        const isAnswered = known === this.#context
        if (isAnswered) this.#guards.triage.recordDropped(known, error, 'handler')
        return isAnswered
      }
      const context = known ?? this.#context ?? this.#makeContext()
      this.#guards.triage.recordDropped(context, error, 'handler')
      failed.add(target)
      hasFailed = true
      context.end(this.#peer.fail(context.snapshot().id))
    } catch {
      this.#peer.fail('')
    }
    return true
  }
}

/** Lets an error escape from the request that it belongs to. */
function rejectWithin(context: RequestContext | undefined, error: unknown): void {
  requestStorage.run(context?.stored ?? OPTED_OUT, () => void Promise.reject(error))
}
