/** What the watching thread knows of an app. */
export interface AppData {
  /** The memory of its {@link InFlightBoard}. */
  readonly board: SharedArrayBuffer
  /** Its routes, and the milliseconds after which their requests are runaways. */
  readonly routes: readonly { readonly pattern: string | undefined; readonly after: number | false }[]
  readonly reportDir: string | undefined
  readonly terminationLog: string | false | undefined
  readonly fastifyVersion: string
  /** The file of its recorder, where it has one. */
  readonly flight: string | undefined
}

/** What the watching thread is started with. */
export interface ThreadData {
  /** The words that both threads share. */
  readonly words: Int32Array
  /** The least number of milliseconds after which a request is a runaway. */
  readonly after: number
  /** The process, whose main thread has the same id on Linux. */
  readonly pid: number
}
