/**
 * The asynchronous context of a job: what runs in it belongs to no request, also where one has started it. Node keeps it
 * on timers and connections: whoever compares or prints one of them must not come from there to the app.
 */
export class JobContext {
  readonly name: string
  readonly #app: object

  constructor(app: object, name: string) {
    this.#app = app
    this.name = name
  }

  /** The app that it belongs to: a process may have several. */
  get app(): object {
    return this.#app
  }
}
