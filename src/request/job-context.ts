/** The asynchronous context of a job: what runs in it belongs to no request, also where one has started it. */
export class JobContext {
  /** The app that it belongs to: a process may have several. */
  readonly app: object
  readonly name: string

  constructor(app: object, name: string) {
    this.app = app
    this.name = name
  }
}
