import type { FastifyBaseLogger } from 'fastify'
import type { Fault } from '../fault/fault.ts'
import { fingerprintOf } from '../fault/fingerprint.ts'
import { isListenerOf, type OnFailure, runListeners } from '../listener-context.ts'
import type { AnsweredMessage } from './answered-message.ts'
import type { FaultMessage } from './fault-message.ts'
import { logFailure } from './log.ts'
import { announceAnswered, hasAnsweredSubscribers } from './on-answered.ts'
import { announceFault, hasFaultSubscribers } from './on-fault.ts'

/** The most failures of listeners that are logged. */
const MAX_BROKEN = 100

/** Whoever is told of the faults of one app: `onFault`, and the subscribers of the channels. */
export class FaultListeners {
  readonly #onFault: ((fault: Fault) => unknown) | undefined
  /** Listeners whose failure was logged; where Node does not tell which it was, the fingerprint of the failure. */
  readonly #broken: Set<object | string> = new Set()
  #isAnnouncing = false

  constructor(onFault: ((fault: Fault) => unknown) | undefined) {
    this.#onFault = onFault
  }

  /** Whether anybody is told of faults. */
  get hasAny(): boolean {
    return this.#onFault !== undefined || hasFaultSubscribers()
  }

  /**
   * Announces a fault. Skips one that a fault listener causes: announcing it would cause the next one, without end.
   * Never throws.
   *
   * @param log Where the failure of a listener is logged.
   * @param isTheirs As for {@link runListeners}; undefined calls them without an asynchronous context of their own.
   */
  announce(message: FaultMessage, log: FastifyBaseLogger, isTheirs: (() => boolean) | undefined): void {
    if (this.#isAnnouncing || isListenerOf(this)) return
    try {
      this.#isAnnouncing = true
      const onFailure = this.#onFailure(log)
      const tell = (): void => announceFault(message, this.#onFault, onFailure)
      if (isTheirs === undefined) tell()
      else runListeners(this, onFailure, tell, isTheirs)
    } finally {
      // where the stack overflows, anything throws: the next fault must be announced all the same
      this.#isAnnouncing = false
    }
  }

  /**
   * Announces what became of a request that an error escaped from. Never throws.
   *
   * @param isTheirs As for {@link runListeners}.
   */
  announceOutcome(message: AnsweredMessage, log: FastifyBaseLogger, isTheirs: () => boolean): void {
    if (!hasAnsweredSubscribers() || isListenerOf(this)) return
    const onFailure = this.#onFailure(log)
    runListeners(this, onFailure, () => announceAnswered(message, onFailure), isTheirs)
  }

  /**
   * What a listener starts keeps this function with its asynchronous context, such as a pooled connection for as long
   * as it is open: it must not hold the request.
   */
  #onFailure(log: FastifyBaseLogger): OnFailure {
    return (failure, listener) => {
      const key = listener ?? fingerprintOf(failure)
      if (this.#broken.has(key) || this.#broken.size >= MAX_BROKEN) return
      this.#broken.add(key)
      logFailure(log, failure, 'a listener of faults failed: its next failures are not logged')
    }
  }
}
