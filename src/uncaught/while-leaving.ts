import { LISTENER } from './listener.ts'

/**
 * Keeps an escaped error from ending a process that leaves: it would cut the drain of the innocent short, and put
 * its own exit code in the place of the reason. Where anybody else listens, this listener does nothing: the
 * attribution of escapes does, unless it is switched off.
 */
export class EscapesWhileLeaving {
  readonly #onEscape: (error: unknown) => void
  #has = false
  #last: unknown
  readonly #catchException = (error: unknown): void => this.#caught('uncaughtException', error)
  readonly #catchRejection = (error: unknown): void => this.#caught('unhandledRejection', error)

  /** @param onEscape Told of an error that nobody else handles. It must not throw. */
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
    // `actLikeNode` takes its listeners away and raises the error once more, while this very event is emitted.
    const isAgain = this.#has && Object.is(this.#last, error)
    this.#has = true
    this.#last = error
    if (!isAgain) this.#onEscape(error)
  }
}
