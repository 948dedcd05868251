import { dropHeadersOfTheSuccess } from '../answer/headers.ts'
import { answerInstead, answerRaw, cut } from '../answer/raw.ts'
import { refuseAll } from '../answer/refusal.ts'
import { asError } from '../fastify/as-error.ts'
import { onGone } from '../fastify/boot.ts'
import type { Internals } from '../fastify/internals.ts'
import type { Fault } from '../fault/fault.ts'
import type { IsolatedApp } from '../isolated-app.ts'
import { takeListenerFailure } from '../listener-context.ts'
import { DESTINATION_FAILED, watchDestinations } from '../log/failed-destination.ts'
import { logFailure } from '../log/log.ts'
import { logRequestAbort, logRequestFailure, logRequestHandledLate } from '../log/request-lines.ts'
import { leaveContext, OPTED_OUT } from '../request/async-context.ts'
import { abortOf } from '../request/client-abort.ts'
import { RequestContext } from '../request/context.ts'
import { takeRecorded } from '../request/job.ts'
import { JobContext } from '../request/job-context.ts'
import { isAbortOfRequest } from '../request/signal.ts'
import {
  addHandler,
  type Escape,
  type EscapeHandler,
  removeHandler,
  type Takes,
} from '../uncaught/listener.ts'
import { findOtherListeners, otherListenerLine } from '../uncaught/other-listeners.ts'
import { isOfClientConnection } from './client-connection.ts'
import { closeWithStream, destroyFailedConnection } from './close-with-stream.ts'
import { endTimer } from './end-timer.ts'
import { type FoundRequest, findRequest, isLostMicrotask } from './find-request.ts'
import { Grace, WAIT_AGAIN, type Waiting } from './grace.ts'
import { graceLength, isLeftAlone } from './grace-length.ts'
import { isOfLostConnection } from './lost-connection.ts'
import { followOutcome } from './outcome.ts'
import { failPeer, watchPeer } from './peers.ts'
import { retireConnection } from './retire-connection.ts'
import { watchWrites } from './watch-writes.ts'
import { closeUpgraded, followWebSockets } from './web-socket.ts'

/** The fault of a rejection, and how long its request may answer by itself. */
interface Rejected {
  readonly context: RequestContext
  readonly fault: Fault
  /** Milliseconds. */
  readonly grace: number
  /** Undefined where it has none: the response had closed, or was a WebSocket. */
  readonly waiting: Waiting | undefined
}

const TIMER_CLEARED = 'an interval was cleared: it has thrown 100 times since its request ended'

/** Assigns the errors that escape to the process to the requests of one app. */
export class Escapes implements EscapeHandler {
  readonly #app: IsolatedApp
  readonly #internals: Internals
  readonly #rejections: WeakMap<Promise<unknown>, Rejected> = new WeakMap()

  #stopWatchingLog: (() => void) | undefined

  constructor(app: IsolatedApp, internals: Internals) {
    this.#app = app
    this.#internals = internals
  }

  /**
   * Called when the plugin loads, so that errors during boot are handled too.
   *
   * @param isWantedByRoute Whether a route turns `escapes` on; known once the app is ready.
   */
  install(isWantedByRoute: () => boolean): void {
    const { fastify, options } = this.#app
    if (options.escapes) this.#listen()
    fastify.addHook('onReady', (done) => {
      if (options.escapes || isWantedByRoute()) {
        this.#listen()
        for (const other of findOtherListeners()) fastify.log.warn(otherListenerLine(other))
        for (const instance of this.#internals.instancesOf(fastify)) followWebSockets(instance, this.#app)
      }
      done()
    })
    onGone(fastify, this.#internals, () => {
      removeHandler(this)
      this.#stopWatchingLog?.()
    })
  }

  #listen(): void {
    addHandler(this)
    this.#stopWatchingLog ??= watchDestinations(this.#app.fastify.log, (error, isHandled) => {
      if (isHandled) logFailure(this.#app.fastify.log, error, DESTINATION_FAILED)
      else this.takeUnowned({ error, origin: 'exception', promise: undefined })
    })
  }

  serving(): boolean {
    return this.#app.fastify.server.listening
  }

  inFlight(): number {
    return this.#app.requests.size
  }

  takeOwn(escaped: Escape): Takes {
    if (takeListenerFailure(escaped.error)) return 'taken'
    // rejections are told once every response that was finishing has closed
    const found = findRequest(escaped.origin === 'exception' ? this.#app.requests : [])
    // its own app asks whether a job has recorded it
    if (found instanceof RequestContext && found.route.app !== this.#app) return 'unknown'
    const ofJob = takeRecorded(escaped.error)
    if (ofJob !== undefined) return this.#takeRecorded(escaped, found, ofJob)
    if (found === OPTED_OUT) return 'declined'
    // a job, or a connection of many, that only passes on that nobody waits for a request any more
    if (!(found instanceof RequestContext) && isAbortOfRequest(escaped.error)) return 'taken'
    if (found === undefined) return 'unknown'
    if (found instanceof JobContext) return this.#takeOfJob(escaped, found)
    return found.route.escapes ? this.#take(escaped, found) : 'declined'
  }

  takeAsOnlyRequest(escaped: Escape): Takes {
    const [context] = this.#app.requests
    if (context === undefined || escaped.origin !== 'exception' || !isLostMicrotask()) return 'unknown'
    return context.route.escapes ? this.#take(escaped, context) : 'unknown'
  }

  takeUnowned({ error, origin }: Escape): Takes {
    const { hasServed, state } = this.#app
    const extra = !hasServed && state === 'serving' ? { phase: 'boot' } : undefined
    const isConnectionLost = origin === 'exception' && isOfLostConnection()
    this.#app.recordFault({ error, origin, attributedTo: 'none', context: undefined, extra })
    if (isConnectionLost) this.#app.sickWatch.lostConnection()
    return 'taken'
  }

  handledLate(promise: Promise<unknown>): boolean {
    const known = this.#rejections.get(promise)
    if (known === undefined) return false
    const { context, fault, grace, waiting } = known
    this.#rejections.delete(promise)
    if (Date.now() - fault.at > grace && context.forcedAnswer === undefined) return true
    Grace.takeBack(context, waiting)
    logRequestHandledLate(context, fault)
    return true
  }

  endLoop(error: unknown): boolean {
    const { options, requests } = this.#app
    this.#app.recordFault({
      error,
      origin: 'exception',
      attributedTo: 'none',
      context: undefined,
      verdict: 'fatal',
    })
    refuseAll(requests)
    return options.leave.exit === undefined
  }

  leaveContext(): void {
    leaveContext()
  }

  #takeOfJob({ error, origin }: Escape, { app, name }: JobContext): Takes {
    if (app !== this.#app) return 'unknown'
    if (!this.#app.options.escapes) return 'declined'
    this.#app.recordFault({ error, origin, attributedTo: 'context', context: undefined, job: name })
    return 'taken'
  }

  /**
   * Takes what a job has thrown and its caller has not caught. It costs a request nothing, unless that was all that
   * would have answered it: then its client would wait for ever.
   */
  #takeRecorded({ origin }: Escape, found: FoundRequest, fault: Fault): Takes {
    if (!(found instanceof RequestContext) || !found.route.escapes) return 'taken'
    if (isLeftAlone(found))
      this.#giveGrace(found, fault, graceLength(found, origin, fault.verdict === 'fatal'))
    if (origin === 'exception') this.#restoreConnection(found)
    return 'taken'
  }

  #take({ error, origin, promise }: Escape, context: RequestContext): Takes {
    if (origin === 'exception' && isOfClientConnection(error)) {
      if (context.hasRecorded(error)) return 'taken'
      const fault = this.#app.recordFault({ error, origin, attributedTo: 'connection', context })
      followOutcome(this.#app, context, fault)
      return 'taken'
    }
    const abort = abortOf(error, context)
    if (abort === 'client') logRequestAbort(context, error)
    if (abort !== undefined) return 'taken'
    // an error that was reported, or whose rejection was handled late, may leave its request without an answer
    const recorded = context.hasRecorded(error) ? context.lastFault : undefined
    const fault = recorded ?? this.#app.recordFault({ error, origin, attributedTo: 'context', context })
    const grace = graceLength(context, origin, fault.verdict === 'fatal')
    const waiting = this.#giveGrace(context, fault, grace)
    if (promise !== undefined) this.#rejections.set(promise, { context, fault, grace, waiting })
    if (origin === 'exception') {
      this.#restoreConnection(context)
      if (context.done && endTimer()) logRequestFailure(context, error, TIMER_CLEARED)
    }
    return 'taken'
  }

  /** Ends what an exception has left half done in Node: the parser of the connection, or the stream of HTTP/2. */
  #restoreConnection(context: RequestContext): void {
    retireConnection(context, this.#app.requests)
    closeWithStream(context)
    destroyFailedConnection(context)
  }

  /** @param length Milliseconds. */
  #giveGrace(context: RequestContext, fault: Fault, length: number): Waiting | undefined {
    const { reply } = context
    const isFlowing = reply === undefined ? watchPeer(context) : watchWrites(reply.raw)
    followOutcome(this.#app, context, fault)
    if (closeUpgraded(context)) return undefined
    return Grace.give(context, length, () => this.#answer(context, fault, isFlowing))
  }

  /** Answers a request that did not answer by itself. Does nothing once the app has ended the response. */
  #answer(context: RequestContext, fault: Fault, isFlowing: () => boolean): unknown {
    const { reply } = context
    failPeer(context, isFlowing)
    if (reply === undefined || reply.raw.writableEnded) return undefined
    try {
      if (reply.raw.headersSent) {
        // What waits for a slow client, or for the answers before it, says nothing of what is still to come.
        if (isFlowing()) return reply.raw.writableLength > 0 ? WAIT_AGAIN : undefined
        cut(reply)
      } else if (reply.sent || context.sending) {
        dropHeadersOfTheSuccess(context, reply, this.#internals)
        answerInstead(reply)
      } else {
        // through the error handlers, as if the handler had thrown it; it was triaged already
        context.triaged = { error: fault.error, outcome: fault }
        context.fault = fault
        context.end('forced')
        reply.send(asError(fault.error))
      }
    } catch (failure) {
      logRequestFailure(context, failure, 'the answer to a failed request could not be made')
      answerRaw(reply)
    }
    return undefined
  }
}
