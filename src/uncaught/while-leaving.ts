import { LISTENER } from './listener.ts'

/**
 * Keeps an escaped error from ending a process that leaves, which would cut the drain short and change the exit
 * code. Does nothing where there is another listener, such as that of the option `escapes`.
 */
export class EscapesWhileLeaving {
  readonly #onEscape: (error: unknown) => void
  #has = false
  #last: unknown
  readonly #catchException = (error: unknown): void => this.#caught('uncaughtException', error)
  readonly #catchRejection = (error: unknown): void => this.#caught('unhandledRejection', error)

  /** @param onEscape Called with an error that no other listener handles. It must not throw. */
  constructor(onEscape: (error: unknown) => void) {
    this.#onEscape = onEscape
    for (const listener of [this.#catchException, this.#catchRejection]) {
      Object.defineProperty(listener, LISTENER, { value: true })
    }
  }

  start(): void {
    process.on('uncaughtException', this.#catchException)
    process.on('unhandledRejection', this.#catchRejection)
  }

  stop(): void {
    process.off('uncaughtException', this.#catchException)
    process.off('unhandledRejection', this.#catchRejection)
  }

  #caught(event: 'uncaughtException' | 'unhandledRejection', error: unknown): void {
    if (process.listenerCount(event as 'uncaughtException') > 1) return
    // `actLikeNode` raises the error once more while this event is emitted: report it once.
    const isAgain = this.#has && Object.is(this.#last, error)
    this.#has = true
    this.#last = error
    if (!isAgain) this.#onEscape(error)
  }
}
