import { setImmediate } from 'node:timers'
import { isMainThread } from 'node:worker_threads'
import { dropHeadersOfTheSuccess } from '../answer/headers.ts'
import { answerInstead } from '../answer/raw.ts'
import { refuseAll } from '../answer/refusal.ts'
import { findRequest } from '../escapes/find-request.ts'
import { closeUpgraded } from '../escapes/web-socket.ts'
import { onGone } from '../fastify/boot.ts'
import type { Internals } from '../fastify/internals.ts'
import type { FoundError, IsolatedApp } from '../isolated-app.ts'
import { logWarning } from '../log/log.ts'
import { leaveContext, OPTED_OUT, requestStorage } from '../request/async-context.ts'
import type { CoveredRoute, RequestContext } from '../request/context.ts'
import { JobContext } from '../request/job-context.ts'
import type { Running, WatchedApp } from './interrupt.ts'
import { missingPart } from './node-termination.ts'
import type { RunawayError } from './runaway-error.ts'
import { unwatchFor, watchFor } from './watch.ts'

/** Milliseconds between two warnings of a blocked event loop. */
const WARN_INTERVAL = 60_000

/** Ends the requests of one app that block the event loop. */
export class Runaways implements WatchedApp {
  readonly #app: IsolatedApp
  #warnedAt = Number.NEGATIVE_INFINITY
  #hasWarnedOfDebugger = false
  #internals: Internals | undefined

  constructor(app: IsolatedApp) {
    this.#app = app
  }

  /**
   * Called when the plugin loads.
   *
   * @param routes The covered routes; all are there once the app is ready.
   */
  install(internals: Internals, routes: readonly CoveredRoute[]): void {
    const { fastify, options } = this.#app
    this.#internals = internals
    fastify.addHook('onReady', (done) => {
      const after = leastAfter(routes)
      if (options.runaway !== false || after !== undefined) {
        const why = after === undefined ? NO_ROUTE : whyNot()
        if (why === undefined) this.#watch(after as number, routes)
        else this.#warnOff(why)
      }
      done()
    })
    onGone(fastify, internals, () => unwatchFor(this))
  }

  #watch(after: number, routes: readonly CoveredRoute[]): void {
    const { fastify, options, recorder, requests } = this.#app
    const { reportDir, terminationLog } = options.leave
    const known = routes.map((route) => ({ pattern: route.pattern, after: limitOf(route) }))
    const board = requests.board.memory
    const about = {
      board,
      routes: known,
      reportDir,
      terminationLog,
      fastifyVersion: fastify.version,
      flight: recorder?.path,
    }
    try {
      watchFor(this, about, after, (error) => {
        logWarning(fastify.log, error, `${OFF}: the thread that watches has failed`)
      })
      requests.observer ??= requests.board
    } catch (error) {
      logWarning(fastify.log, error, `${OFF}: the thread that watches could not be started`)
    }
  }

  #warnOff(why: string): void {
    this.#app.fastify.log.warn(`${OFF}: ${why}`)
  }

  running(): Running | undefined {
    const found = findRequest()
    if (found === OPTED_OUT) return HANDS_OFF
    if (found instanceof JobContext) return found.app === this.#app ? this.#job(found, found.name) : undefined
    if (found === undefined || found.route.app !== this.#app) return undefined
    return {
      key: found,
      after: limitOf(found.route),
      request: found.snapshot(),
      end: (error, isLast) => this.#end(found, error, isLast),
    }
  }

  unowned(): Running | undefined {
    return this.#app.fastify.server.listening ? this.#job(this, undefined) : undefined
  }

  /** @param job Its name, where it has one. */
  #job(key: object, job: string | undefined): Running {
    const { escapes, runaway } = this.#app.options
    return {
      key,
      after: escapes && runaway !== false && runaway.after,
      request: undefined,
      end: (error, isLast) =>
        this.#record({ error, job, attributedTo: job === undefined ? 'none' : 'context' }, isLast),
    }
  }

  #end(context: RequestContext, error: RunawayError, isLast: boolean): void {
    this.#record({ error, context, attributedTo: 'context' }, isLast)
    const { reply } = context
    if (reply === undefined || closeUpgraded(context) || reply.raw.writableEnded) return
    // the parser of its connection was terminated with it
    if (!reply.raw.headersSent) reply.raw.shouldKeepAlive = false
    if (this.#internals !== undefined) dropHeadersOfTheSuccess(context, reply, this.#internals)
    answerInstead(reply)
  }

  #record(found: Found, isLast: boolean): void {
    const verdict = isLast ? 'fatal' : undefined
    // What is promised inside of the interrupt never settles, where a microtask is terminated.
    const later = (run: () => void): void => {
      requestStorage.run(undefined, () => setImmediate(run))
    }
    this.#app.recordFault({ context: undefined, ...found, origin: 'runaway', later, verdict })
    leaveContext()
  }

  answerAll(): void {
    refuseAll(this.#app.requests)
  }

  warnOfBlocking(blocked: number, frames: readonly string[]): void {
    const now = performance.now()
    if (now - this.#warnedAt < WARN_INTERVAL) return
    this.#warnedAt = now
    this.#app.fastify.log.warn(
      { blocked, stack: frames.join('\n') },
      'the event loop is blocked, and not by one request alone: none is ended',
    )
  }

  warnOfDebugger(): void {
    if (this.#hasWarnedOfDebugger) return
    this.#hasWarnedOfDebugger = true
    this.#warnOff('a debugger may be attached (--inspect)')
  }
}

type Found = Pick<FoundError, 'error' | 'attributedTo' | 'job'> & Partial<Pick<FoundError, 'context'>>

const OFF = 'runaways are not ended'
const NO_ROUTE = 'no route has `runaway` and `escapes`'
const HANDS_OFF: Running = { key: {}, after: false, request: undefined, end: () => {} }

/** Milliseconds after which a request of a route is a runaway; false: never. */
function limitOf({ escapes, runaway }: CoveredRoute): number | false {
  return escapes && runaway !== false && runaway.after
}

/** The least `runaway.after` of a route that keeps a context, undefined where none has one. */
function leastAfter(routes: readonly CoveredRoute[]): number | undefined {
  const all = routes.flatMap((route) => limitOf(route) || [])
  return all.length === 0 ? undefined : Math.min(...all)
}

/** Why runaways cannot be ended in this thread of this Node; undefined where they can. */
function whyNot(): string | undefined {
  if (!isMainThread) return 'this is a Worker thread, and only the main thread can be interrupted'
  if (!process.features.inspector) return 'this Node is built without its inspector'
  // absent without the permission model
  const permission: typeof process.permission | undefined = process.permission
  // Node 20 to 24 abort, and 26 refuses, when the thread connects
  if (permission?.has('inspector') === false) {
    return 'the permission model keeps threads from the inspector (--allow-inspector)'
  }
  const part = missingPart()
  return part === undefined ? undefined : `this Node does not have the ${part} where it was`
}
