/** Marks our own listeners for {@link isGuards}: an error that the guard leaves to bare Node comes here then. */
const MARK: symbol = Symbol.for('fastify-isolate.guard')

/**
 * Keeps an escaped error from ending a process that leaves: it would cut the drain of the innocent short, and put
 * its own exit code in the place of the reason. Where anybody else listens, this listener does nothing: the
 * attribution of escapes does, unless it is switched off.
 */
export class SafetyNet {
  readonly #onEscape: (error: unknown) => void
  #has = false
  #last: unknown
  readonly #catchException = (error: unknown): void => this.#caught('uncaughtException', error)
  readonly #catchRejection = (error: unknown): void => this.#caught('unhandledRejection', error)

  /** @param onEscape Told of an error that nobody else handles. It must not throw. */
  constructor(onEscape: (error: unknown) => void) {
    this.#onEscape = onEscape
    for (const listener of [this.#catchException, this.#catchRejection]) {
      Object.defineProperty(listener, MARK, { value: true })
    }
  }

  spread(): void {
    process.on('uncaughtException', this.#catchException)
    process.on('unhandledRejection', this.#catchRejection)
  }

  fold(): void {
    process.off('uncaughtException', this.#catchException)
    process.off('unhandledRejection', this.#catchRejection)
  }

  #caught(event: 'uncaughtException' | 'unhandledRejection', error: unknown): void {
    if (process.listenerCount(event as 'uncaughtException') > 1) return
    // The guard takes its listeners away and raises the error once more, while this very event is emitted.
    const isAgain = this.#has && Object.is(this.#last, error)
    this.#has = true
    this.#last = error
    if (!isAgain) this.#onEscape(error)
  }
}
