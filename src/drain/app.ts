import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Internals } from '../fastify/internals.ts'
import type { Exits, Isolation, IsolationState } from '../isolation.ts'
import { join, leave, part, recycle } from '../leave/leave.ts'
import type { Resident } from '../leave/leaving-app.ts'
import { logTrouble } from '../log/log.ts'
import type { ResolvedLeaveOptions } from '../options/resolve-leave.ts'
import type { InFlightRequest } from '../report/report.ts'
import { Connections } from './connections.ts'
import { Drain } from './drain.ts'
import { addReadiness, turnAway } from './readiness.ts'

/** An app's place in the process: how the way out sees it. */
class AppResident implements Resident {
  readonly leave: ResolvedLeaveOptions
  readonly fastifyVersion: string
  state: IsolationState = 'serving'
  readonly #app: FastifyInstance
  readonly #isolation: Isolation
  readonly #connections: Connections
  readonly #drain: Drain

  constructor(app: FastifyInstance, isolation: Isolation, options: ResolvedLeaveOptions) {
    this.#app = app
    this.#isolation = isolation
    this.leave = options
    this.fastifyVersion = app.version
    this.#connections = new Connections()
    this.#drain = new Drain(this.#connections, isolation.inFlight)
  }

  /** Follows the app's servers: the main one from the start, those of further addresses once they are there. */
  watch(servers: Iterable<FastifyInstance['server']>): void {
    for (const server of servers) this.#connections.watch(server)
  }

  get log(): FastifyBaseLogger {
    return this.#app.log
  }

  hasServed(): boolean {
    return this.#connections.hasListened || this.#isolation.hasServed
  }

  *fingerprints(): Iterable<readonly [string, number]> {
    for (const { fingerprint, count } of this.#isolation.ledger.fingerprints()) yield [fingerprint, count]
  }

  inFlight(): InFlightRequest[] {
    return this.#drain.inFlight()
  }

  startLeaving(): void {
    this.state = 'leaving'
  }

  stopAccepting(): void {
    this.#isolation.turnAway = turnAway
    this.#drain.stopAccepting()
  }

  drained(): Promise<void> {
    return this.#drain.drained()
  }

  cut(): InFlightRequest[] {
    return this.#drain.cut()
  }

  async close(): Promise<void> {
    // A connection that never sent a whole request would keep Fastify's own close waiting.
    this.#connections.cut()
    // Not when it is the plugin's turn: an onClose hook of the app may hang before it.
    this.#isolation.endStorm()
    try {
      await this.#app.close()
    } catch (failure) {
      logTrouble(this.log, 'error', failure, 'app.close() failed')
    }
    part(this)
  }
}

/** Gives an app its place in the process, from its registration until it has closed. */
export function reside(
  app: FastifyInstance,
  isolation: Isolation,
  internals: Internals,
  options: ResolvedLeaveOptions,
): Exits {
  const resident = new AppResident(app, isolation, options)
  resident.watch([app.server])
  if (options.readiness !== undefined) addReadiness(app, options.readiness, () => resident.state)
  join(resident)
  app.addHook('onListen', (done) => {
    resident.watch(internals.serversOf(app))
    done()
  })
  app.addHook('onClose', (_app, done) => {
    part(resident)
    done()
  })
  return {
    get state() {
      return resident.state
    },
    fatal(fault, announce) {
      // A closed app has parted, but its options and its logger still say how it leaves.
      join(resident)
      void leave('fatal', fault, { announce })
    },
    recycle() {
      recycle(options.recycleAfter)
    },
    leave(reason) {
      join(resident)
      return leave('requested', undefined, { note: reason })
    },
  }
}
