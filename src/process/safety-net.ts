/**
 * Keeps an escaped error from ending a process that leaves: it would cut the drain of the innocent short, and put
 * its own exit code in the place of the reason. Where anybody else listens, this listener does nothing: the
 * attribution of escapes does, unless it is switched off.
 */
export class SafetyNet {
  readonly #onEscape: (error: unknown) => void
  readonly #catchException = (error: unknown): void => this.#caught('uncaughtException', error)
  readonly #catchRejection = (error: unknown): void => this.#caught('unhandledRejection', error)

  /** @param onEscape Told of an error that nobody else handles. It must not throw. */
  constructor(onEscape: (error: unknown) => void) {
    this.#onEscape = onEscape
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
    if (process.listenerCount(event as 'uncaughtException') === 1) this.#onEscape(error)
  }
}
