import type { Ledger } from './ledger.ts'

/** Milliseconds after which a request without its whole answer is lost. */
export const PATIENCE = 60_000

/** What every client is given. */
export interface Soak {
  readonly seed: number
  readonly ledger: Ledger
  /** The port of the HTTP/1 server. */
  readonly port: number
  /** The port of the HTTP/2 server. */
  readonly http2Port: number
  /** Waits until the server has met a request that was sent with `x-tell`. */
  arrival(nonce: string): Promise<void>
}

/** Sends its requests, one after the other, until the round ends, and tells the ledger what came of each. */
export interface Lane {
  run(goesOn: () => boolean): Promise<void>
}
