import type { Fault } from '../fault/fault.ts'
import { EXIT_INTERRUPTED } from '../options/exit-codes.ts'
import { unwatchEventLoop, watchEventLoop } from '../report/event-loop-delay.ts'
import type { LeaveReason } from '../report/report.ts'
import { SafetyNet } from '../uncaught/while-leaving.ts'
import type { Resident } from './leaving-app.ts'
import { Recycling } from './recycle.ts'
import { Signals } from './signals.ts'
import { Departure, type Details } from './steps.ts'

/** Every copy of this package in the process, of whatever version, finds the first one's way out under this. */
const SHARED: unique symbol = Symbol.for('fastify-isolate.process') as never

/** The one way out of the process. What other copies of the package call must not change but with the symbol. */
export interface WayOut {
  /** Whether the process leaves. */
  isLeaving(): boolean
  /** A registered instance that will be served out. One that comes while the process leaves, leaves too. */
  join(resident: Resident): void
  /** An instance that has closed. Without any nothing is left behind: no listener, no timer. */
  part(resident: Resident): void
  /** See {@link leave}. */
  leave(reason: LeaveReason, fault?: Fault, details?: Details): Promise<void>
  /** See {@link recycle}. */
  recycle(recycleAfter: number): void
}

class Process implements WayOut {
  readonly #residents: Set<Resident> = new Set()
  readonly #signals: Signals = new Signals((signal) => this.#receive(signal))
  readonly #recycling: Recycling = new Recycling(() => {
    void this.leave('recycle')
  })
  readonly #net: SafetyNet = new SafetyNet((error) => this.#departure?.escaped(error))
  #departure: Departure | undefined
  #interrupts = 0

  isLeaving(): boolean {
    return this.#departure !== undefined
  }

  join(resident: Resident): void {
    if (this.#residents.has(resident)) return
    if (this.#residents.size === 0) watchEventLoop()
    this.#residents.add(resident)
    this.#signals.want(resident.leave.signals)
    this.#departure?.join(resident)
  }

  part(resident: Resident): void {
    if (!this.#residents.delete(resident)) return
    this.#signals.release(resident.leave.signals)
    if (this.#residents.size > 0) return
    this.#recycling.cancel()
    unwatchEventLoop()
  }

  leave(reason: LeaveReason, fault?: Fault, details: Details = {}): Promise<void> {
    if (this.#departure !== undefined) {
      details.announce?.()
      return this.#departure.done
    }
    this.#recycling.cancel()
    this.#signals.startLeaving()
    this.#net.spread()
    const departure = new Departure([...this.#residents], reason, fault, details)
    this.#departure = departure
    // Only where `leave.exit` did not end the process is there anything after this.
    const over = (): void => {
      this.#departure = undefined
      this.#interrupts = 0
      this.#signals.stopLeaving()
      this.#net.fold()
    }
    departure.start().then(over, over)
    return departure.done
  }

  recycle(recycleAfter: number): void {
    if (this.#departure === undefined && this.#residents.size > 0) this.#recycling.demand(recycleAfter)
  }

  #receive(signal: NodeJS.Signals): void {
    if (signal === 'SIGINT') this.#interrupts += 1
    if (this.#departure === undefined) {
      void this.leave('signal', undefined, { note: signal })
    } else if (this.#interrupts >= 2) {
      this.#departure.interrupt(EXIT_INTERRUPTED)
    } else {
      this.#departure.ignore(signal)
    }
  }
}

/** The way out that all registered instances of all copies of the package share. */
export function wayOut(): WayOut {
  const shared = globalThis as { [SHARED]?: WayOut }
  if (shared[SHARED] === undefined) {
    Object.defineProperty(shared, SHARED, { value: new Process(), configurable: true })
  }
  return shared[SHARED] as WayOut
}

/** Adds a registered instance. */
export function join(resident: Resident): void {
  wayOut().join(resident)
}

/** Takes a closed instance away. */
export function part(resident: Resident): void {
  wayOut().part(resident)
}

/**
 * Makes the process leave: it says why, drains, flushes its logs and exits. A second call changes nothing but
 * runs its `announce`.
 *
 * @returns Settles when all is done, just before the process exits. Never rejects.
 */
export function leave(reason: LeaveReason, fault?: Fault, details?: Details): Promise<void> {
  return wayOut().leave(reason, fault, details)
}

/**
 * Makes the process leave once it has been up for `recycleAfter` ms and up to 10 % more: at once where that is
 * past, never for `Infinity`.
 */
export function recycle(recycleAfter: number): void {
  wayOut().recycle(recycleAfter)
}
