/** What the server has when no request is in flight. */
export interface Sample {
  /** Bytes of heap after a forced collection. */
  readonly heap: number
  /** What keeps its event loop alive: how many of each kind, timers apart. */
  readonly resources: Readonly<Record<string, number>>
  /** Listeners of the process and the servers, by emitter and event. */
  readonly listeners: Readonly<Record<string, number>>
  /** The URLs of the requests that are not over. */
  readonly inFlight: readonly string[]
  /** HTTP/2 streams that had lost their connection and that Node had not closed. */
  readonly leftStreams: number
  /** `app.isolation.counts.origin` of both apps together. */
  readonly counts: Readonly<Record<string, number>>
}
