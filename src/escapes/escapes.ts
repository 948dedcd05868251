import type { FastifyInstance } from 'fastify'
import { answerInstead, answerRaw, cut } from '../answer/raw.ts'
import { asError } from '../fastify/as-error.ts'
import type { Internals } from '../fastify/internals.ts'
import type { Fault } from '../fault/fault.ts'
import { logHandledLate, logTrouble } from '../log/log.ts'
import { leaveContext, OPTED_OUT } from '../request/async-context.ts'
import { isAbort, isClientAbort } from '../request/client-abort.ts'
import type { RequestContext } from '../request/context.ts'
import type { InFlight } from '../request/in-flight.ts'
import type { Settler } from '../request/record-fault.ts'
import { type Claim, type Escape, join, type Keeper, part } from '../uncaught/listener.ts'
import { findOtherListeners, otherListenerLine } from '../uncaught/other-listeners.ts'
import { closeWithStream } from './close-with-stream.ts'
import { findOwner, isLostMicrotask } from './find-request.ts'
import { Grace } from './grace.ts'
import { retireConnection } from './retire-connection.ts'
import { closeUpgraded, followWebSockets } from './web-socket.ts'

/** The registered plugin, as this file needs it. */
export interface EscapeHost extends Settler {
  readonly state: 'serving' | 'leaving'
  readonly inFlight: InFlight
  /** Whether it has listened or was given a request. */
  hasServed: boolean
}

/** Gives the errors that escape to the process back to the requests of one app. */
export class Escapes implements Keeper {
  readonly #app: FastifyInstance
  readonly #internals: Internals
  readonly #host: EscapeHost
  readonly #rejections: WeakMap<Promise<unknown>, { context: RequestContext; fault: Fault }> = new WeakMap()

  constructor(app: FastifyInstance, internals: Internals, host: EscapeHost) {
    this.#app = app
    this.#internals = internals
    this.#host = host
  }

  /**
   * Runs when the plugin loads, so that an error while the app boots is seen too.
   *
   * @param isWanted Whether the plugin's own options ask for it.
   * @param isWantedSomewhere Whether a route asks for it; known once the app is ready.
   */
  install(isWanted: boolean, isWantedSomewhere: () => boolean): void {
    const app = this.#app
    if (isWanted) join(this)
    app.addHook('onListen', (done) => {
      this.#host.hasServed = true
      done()
    })
    app.addHook('onReady', (done) => {
      if (isWanted || isWantedSomewhere()) {
        join(this)
        for (const other of findOtherListeners()) app.log.warn(otherListenerLine(other))
        for (const instance of this.#internals.instancesOf(app)) followWebSockets(instance, this.#host)
      }
      done()
    })
    app.addHook('onClose', (_app, done) => {
      part(this)
      done()
    })
  }

  serving(): boolean {
    return this.#app.server.listening
  }

  inFlight(): number {
    return this.#host.inFlight.size
  }

  claim(escaped: Escape): Claim {
    const owner = findOwner()
    if (owner === undefined) return 'unknown'
    if (owner === OPTED_OUT) return 'declined'
    if (owner.route.owner !== this.#host) return 'unknown'
    return owner.route.escapes ? this.#take(escaped, owner) : 'declined'
  }

  claimSole(escaped: Escape): Claim {
    const [context] = this.#host.inFlight
    if (context === undefined || escaped.origin !== 'exception' || !isLostMicrotask()) return 'unknown'
    return context.route.escapes ? this.#take(escaped, context) : 'unknown'
  }

  adopt(escaped: Escape): Claim {
    const isBooting = !this.#host.hasServed && this.#host.state === 'serving'
    this.#host.settle(
      escaped.error,
      escaped.origin,
      'none',
      undefined,
      isBooting ? { phase: 'boot' } : undefined,
    )
    return 'taken'
  }

  handledLate(promise: Promise<unknown>): boolean {
    const known = this.#rejections.get(promise)
    if (known === undefined) return false
    const { context, fault } = known
    this.#rejections.delete(promise)
    if (Date.now() - fault.at > context.route.grace && context.pending === undefined) return true
    Grace.takeBack(context, fault)
    logHandledLate(context.log, fault)
    return true
  }

  leaveContext(): void {
    leaveContext()
  }

  #take(escaped: Escape, context: RequestContext): Claim {
    const { error, origin, promise } = escaped
    if (isClientAbort(error, context.request) || (context.isCutShort && isAbort(error))) {
      logTrouble(context.log, 'info', error, 'the client went away before its request was done')
      return 'taken'
    }
    const fault = this.#host.settle(error, origin, 'context', context)
    if (promise !== undefined) this.#rejections.set(promise, { context, fault })
    if (!closeUpgraded(context)) Grace.give(context, fault, () => this.#answer(context, fault))
    if (origin === 'exception') {
      retireConnection(context, fault, this.#internals)
      closeWithStream(context)
    }
    return 'taken'
  }

  /** Answers a request that did not answer by itself. One whose answer is on its way to the client is left alone. */
  #answer(context: RequestContext, fault: Fault): void {
    const { reply } = context
    if (reply === undefined || reply.raw.writableEnded) return
    try {
      if (reply.raw.headersSent) {
        cut(reply)
      } else if (reply.sent || context.sending) {
        answerInstead(reply, this.#internals)
      } else {
        // through the error handlers, as if the handler had thrown it; it was triaged already
        context.triaged = { error: fault.error, outcome: fault }
        context.fault = fault
        this.#internals.markAsError(reply)
        reply.send(asError(fault.error))
      }
    } catch (failure) {
      logTrouble(context.log, 'error', failure, 'the answer to a failed request could not be made')
      answerRaw(reply, this.#internals)
    }
  }
}
