import type { ConnectionPlan, Planned } from './plan.ts'
import type { Message } from './response-reader.ts'

/** A request, or the part of it that was sent. */
export interface Sent {
  readonly planned: Planned
  readonly batch: number
  /** Whether all of it was written. */
  isWhole: boolean
}

/** An answer of 1xx. */
export interface Interim {
  /** How many whole answers had come before it. */
  readonly behind: number
  readonly message: Message
}

/** All that a client knows of one HTTP/1 connection. */
export interface Transcript {
  readonly plan: ConnectionPlan
  readonly sent: readonly Sent[]
  /** The whole answers, in their order. */
  readonly answers: readonly Message[]
  readonly interim: readonly Interim[]
  /** What came of one more. */
  readonly rest: Message | undefined
  /** What a strict parser refuses. */
  readonly framingError: string | undefined
  /**
   * Who ended it: the client by its plan, the server with a FIN or with a reset; `silent`: the server did not answer
   * for as long as a client can wait; `refused`: there was nobody to connect to.
   */
  readonly end: 'client' | 'server' | 'reset' | 'silent' | 'refused'
  readonly bytesSent: Buffer
  readonly bytesReceived: Buffer
}

/** All that a client knows of one HTTP/2 stream. */
export interface StreamTranscript {
  readonly plan: ConnectionPlan
  readonly sent: Sent
  /** The number of the stream; 0 where it was never opened. */
  readonly id: number
  /** The last stream of the connection that the server took; undefined where it did not say. */
  readonly lastTaken: number | undefined
  /** Undefined where no headers came. */
  readonly answer: Message | undefined
  readonly rstCode: number
  /** What became of the whole connection. */
  readonly events: readonly string[]
  readonly end: 'client' | 'server' | 'silent' | 'refused'
}
