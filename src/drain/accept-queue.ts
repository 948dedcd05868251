import { Server } from 'node:net'
import { attempt } from '../attempt.ts'

/** Milliseconds that emptying takes at most: where new connections never cease, or the event loop is never quiet. */
const MAX_WAIT = 500

/** The turns that it has even so, because a process that a busy machine gives no time has had none of that wait. */
const MIN_TURNS = 100

/** Milliseconds of a turn of the event loop in which next to nothing runs. */
const QUIET_TURN = 0.1

/**
 * The connections that the kernel has made for the servers of an app, and that Node has not accepted yet. The kernel
 * resets them when a server stops listening, so the event loop first gets the turns that it needs to accept them: the
 * newer versions of libuv accept one in each turn.
 */
export class AcceptQueue {
  /** How many connections the servers have accepted. */
  accepted = 0
  readonly #servers: Iterable<Server>
  /** What the turns are for, undefined where they are over: one that was called off runs, and does nothing. */
  #turns: object | undefined

  constructor(servers: Iterable<Server>) {
    this.#servers = servers
  }

  /** Whether the servers still listen, once {@link empty} was called. */
  get isOpen(): boolean {
    return this.#turns !== undefined
  }

  /**
   * Makes the servers stop listening at the end of the first quiet turn of the event loop that accepted nothing, at the
   * latest after {@link MAX_WAIT} and {@link MIN_TURNS}. A connection that comes after the event loop has looked for new
   * ones and before that end is reset, so this time has to be short.
   */
  empty(): void {
    if (this.isOpen) return
    // The first call compiles what it runs, which takes longer than all the rest.
    stopListening(new Server())
    const end = performance.now() + MAX_WAIT
    let accepted = Number.NaN
    let began = 0
    let turns = 0
    const own = {}
    this.#turns = own
    const turn = (): void => {
      if (this.#turns !== own) return
      const now = performance.now()
      const isEmpty = accepted === this.accepted && now - began < QUIET_TURN
      if (isEmpty || (now > end && turns > MIN_TURNS)) {
        this.close()
        return
      }
      turns += 1
      accepted = this.accepted
      began = now
      setImmediate(turn)
    }
    // The turn that runs now does not count: the event loop may have looked for new connections already.
    // No `clearImmediate`, which breaks Node's list of immediates where a tick of one of them throws.
    setImmediate(turn)
  }

  /** Makes the servers stop listening at once. */
  close(): void {
    for (const server of this.#servers) if (server.listening) attempt(() => stopListening(server), undefined)
    this.#turns = undefined
  }
}

/**
 * Without the rest of `http.Server.close()`, which first looks through all connections and closes some: that takes
 * time, and the drain does it.
 */
function stopListening(server: Server): void {
  if (server instanceof Server) Server.prototype.close.call(server)
  else (server as Server).close()
}
