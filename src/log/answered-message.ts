import type { Fault } from '../fault/fault.ts'

/**
 * What became of a request that an error escaped from.
 *
 * - `by itself`: the app answered, be it by an error of its own or by a `handlerTimeout`.
 * - `forced`: the plugin answered, because the app did not within the grace.
 * - `cut`: the response had started, and the plugin cut it, or closed the WebSocket.
 * - `gone`: the client left before it had its whole answer.
 */
export type RequestOutcome = 'by itself' | 'forced' | 'cut' | 'gone'

/**
 * What the channel `fastify-isolate:answered` publishes: once for each request that an error escaped from, when its
 * response is over.
 */
export interface AnsweredMessage {
  /** The first error that escaped from the request. */
  readonly fault: Fault
  readonly outcome: RequestOutcome
}
