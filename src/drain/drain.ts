import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { cutResponse } from '../answer/raw.ts'
import type { InFlight } from '../in-flight/in-flight.ts'
import type { InFlightRequest } from '../report/crash-report.ts'
import type { RequestContext } from '../request/context.ts'
import type { Connections } from './connections.ts'
import { endStuckStreams } from './stuck-streams.ts'

/** Milliseconds between two checks whether anything is in flight. */
const POLL_INTERVAL = 20

/** Drains an app: requests in flight finish, new ones are refused, and those left at the deadline are cut. */
export class Drain {
  readonly #connections: Connections
  readonly #contexts: InFlight
  readonly #isGivenUp: (context: RequestContext) => boolean

  #isCut = false

  /**
   * @param contexts The requests in flight that the plugin guards.
   * @param isGivenUp Whether a request is not waited for. Default: none is.
   */
  constructor(
    connections: Connections,
    contexts: InFlight,
    isGivenUp: (context: RequestContext) => boolean = () => false,
  ) {
    this.#connections = connections
    this.#contexts = contexts
    this.#isGivenUp = isGivenUp
  }

  /** Returns the requests in flight, oldest first: also those of routes that opted out, and upgraded connections. */
  inFlight(): InFlightRequest[] {
    const now = Date.now()
    const guarded = this.#open()
    const named = new Set(guarded.map((context) => context.request?.raw.socket))
    const requests: InFlightRequest[] = guarded.map((context) => {
      const { id, method, route } = context.snapshot()
      return { id, method, route, age: now - context.startedAt }
    })
    for (const { method, since, socket } of this.#connections.busy()) {
      if (!named.has(socket)) requests.push({ id: '', method, route: undefined, age: now - since })
    }
    return requests.sort((a, b) => b.age - a.age)
  }

  /** See {@link Connections.stop}. */
  stopAccepting(): void {
    // A connection closes after the first response that says so: those of pipelined requests before the last do not.
    const last = new Map<Socket, ServerResponse>()
    for (const { request, reply } of this.#contexts) {
      if (request !== undefined && reply !== undefined) last.set(request.raw.socket, reply.raw)
    }
    this.#connections.stop(last)
  }

  /** Resolves once nothing is in flight but what is given up. */
  async drained(): Promise<void> {
    while (!this.#isDone()) {
      endStuckStreams(this.#contexts)
      await new Promise((resolve) => {
        setTimeout(resolve, POLL_INTERVAL)
      })
      // A response that had started without `Connection: close` leaves its connection open.
      this.#connections.closeIdle()
    }
  }

  /** Cuts all requests in flight and returns them. */
  cut(): InFlightRequest[] {
    const requests = this.inFlight()
    this.#isCut = true
    for (const context of this.#contexts) {
      context.end('cut')
      if (context.reply !== undefined) cutResponse(context.reply.raw)
    }
    this.#connections.cut()
    return requests
  }

  #isDone(): boolean {
    if (this.#isCut) return true
    const open = this.#open()
    const givenUp = open.filter(this.#isGivenUp)
    const sockets = new Set(givenUp.map(({ request }) => request?.raw.socket))
    return (
      open.length === givenUp.length &&
      this.#connections.busy().every(({ socket }) => sockets.has(socket)) &&
      !this.#connections.hasSessions &&
      !this.#connections.isAwaiting
    )
  }

  /**
   * Returns the guarded requests in flight. The response of an upgraded request never closes, only its socket does.
   */
  #open(): RequestContext[] {
    return Array.from(this.#contexts).filter(
      ({ request }) => request !== undefined && request.raw.socket?.destroyed !== true,
    )
  }
}
