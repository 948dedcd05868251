import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { LeaveMark } from '../deaths/recorder-control.ts'
import { onBootEnd, onGone } from '../fastify/boot.ts'
import type { Internals } from '../fastify/internals.ts'
import type { FingerprintCount } from '../fault/ledger.ts'
import type { IsolatedApp, LeaveControl } from '../isolated-app.ts'
import type { IsolationState } from '../isolation.ts'
import { addApp, leave, recycle, recycleDue, removeApp, watchApps } from '../leave/leave.ts'
import type { LeavingApp } from '../leave/leaving-app.ts'
import { logFailure } from '../log/log.ts'
import type { ResolvedLeaveOptions } from '../options/resolved.ts'
import type { CrashReport, InFlightRequest } from '../report/crash-report.ts'
import { isStuck } from '../request/waiting-request.ts'
import { findOtherSignalListeners, otherListenerLine } from '../uncaught/other-listeners.ts'
import { Connections } from './connections.ts'
import { Drain } from './drain.ts'
import { closeAsGoingAway, sayGoingAway } from './going-away.ts'
import { type PreCloseHook, PreCloseHooks } from './pre-close.ts'
import { addReadiness, refuseLate } from './readiness.ts'
import { StuckStreams } from './stuck-streams.ts'

/** An app, as the leaving process uses it. */
class DrainedApp implements LeavingApp {
  readonly leave: ResolvedLeaveOptions
  readonly fastifyVersion: string
  state: IsolationState = 'serving'
  /** Whether its plugins are still loading, or its `onReady` hooks run. */
  isBooting = true
  /** Whether it leaves because it is sick: what is stuck then is not waited for. */
  isSick = false
  readonly #app: IsolatedApp
  readonly #connections: Connections
  readonly #drain: Drain
  readonly #preClose: PreCloseHooks = new PreCloseHooks()

  constructor(app: IsolatedApp) {
    this.#app = app
    this.leave = app.options.leave
    this.fastifyVersion = app.fastify.version
    let stuckStreams: StuckStreams | undefined
    this.#connections = new Connections(
      () => {
        app.hasServed = true
      },
      (session) => {
        stuckStreams ??= new StuckStreams(app.requests)
        stuckStreams.watch(session)
      },
    )
    this.#drain = new Drain(this.#connections, app.requests, (context) => this.isSick && isStuck(context))
  }

  /** Follows the app's servers: the main one from the start, those of further addresses once they are there. */
  watch(servers: Iterable<FastifyInstance['server']>): void {
    for (const server of servers) this.#connections.watch(server)
  }

  /** Takes over the app's `preClose` hooks, once all of them are there. */
  takeOverPreClose(internals: Internals): void {
    for (const instance of internals.instancesOf(this.#app.fastify)) {
      this.#preClose.takeOver(instance, internals.preCloseHooks<PreCloseHook>(instance))
    }
  }

  get log(): FastifyBaseLogger {
    return this.#app.fastify.log
  }

  hasServed(): boolean {
    return this.#app.hasServed
  }

  fingerprints(): FingerprintCount[] {
    return this.#app.ledger.fingerprints()
  }

  inFlight(): InFlightRequest[] {
    return this.#drain.inFlight()
  }

  watchForSickness(): void {
    this.#app.sickWatch.start()
  }

  startLeaving(mark: LeaveMark): void {
    this.state = 'leaving'
    this.#app.recorder?.leaving(mark)
    this.#app.sickWatch.stop()
  }

  stopAccepting(): void {
    this.#app.refuseLate = refuseLate
    this.#drain.stopAccepting()
  }

  async drained(): Promise<void> {
    await Promise.all([this.#end(), this.#drain.drained()])
  }

  /** Ends what would not end by itself: as the app does it, then what speaks WebSocket. */
  async #end(): Promise<void> {
    closeAsGoingAway(this.#connections.upgraded())
    await this.#preClose.run((failure) => logFailure(this.log, failure, 'a preClose hook failed'))
    sayGoingAway(this.#connections.upgraded())
  }

  async tellOthers(report: CrashReport): Promise<void> {
    await this.#app.quarantine?.leaving(report)
  }

  cut(): InFlightRequest[] {
    return this.#drain.cut()
  }

  async close(waitForBoot: boolean): Promise<void> {
    // A connection that never sent a whole request would keep Fastify's own close waiting.
    this.#connections.cut()
    this.#preClose.stopWaiting()
    // Not in the plugin's own onClose hook: an onClose hook of the app may hang before it.
    this.#app.endRateLimit()
    const closed = this.#app.fastify.close().then(
      () => {},
      (failure) => logFailure(this.log, failure, 'app.close() failed'),
    )
    const isUp = !this.isBooting || this.hasServed()
    if ((waitForBoot && !this.#app.isHeld) || isUp) await closed
    removeApp(this)
  }
}

/**
 * Adds an app to the process from its registration until it has closed, so that it is drained when the process
 * leaves.
 */
export function addToProcess(app: IsolatedApp, internals: Internals): LeaveControl {
  const { fastify } = app
  const { readiness, recycleAfter, recycleSpread, sickAfter, signals } = app.options.leave
  const drained = new DrainedApp(app)
  drained.watch([fastify.server])
  if (readiness !== undefined) addReadiness(fastify, readiness, () => drained.state)
  addApp(drained)
  onBootEnd(fastify, internals, () => {
    drained.isBooting = false
  })
  fastify.addHook('onReady', (done) => {
    drained.takeOverPreClose(internals)
    for (const other of findOtherSignalListeners(signals)) fastify.log.warn(otherListenerLine(other))
    done()
  })
  fastify.addHook('onListen', (done) => {
    drained.watch(internals.serversOf(fastify))
    done()
  })
  onGone(fastify, internals, () => removeApp(drained))
  return {
    get state() {
      return drained.state
    },
    get recycleDue() {
      return recycleDue()
    },
    fatal(fault, announce) {
      // A closed app was removed: add it again, because its options and its logger say how to leave.
      addApp(drained)
      void leave('fatal', fault, { announce })
    },
    recycle(fault) {
      recycle(recycleAfter, recycleSpread, fault)
    },
    escaped() {
      watchApps()
    },
    sick(sickness) {
      if (process.uptime() * 1_000 < sickAfter) return
      drained.isSick = true
      void leave('recycle', undefined, { sick: sickness })
    },
    leave(reason) {
      addApp(drained)
      return leave('requested', undefined, { note: reason })
    },
  }
}
