import type { IncomingMessage } from 'node:http'
import { keepsContextInFrames } from './attribution.ts'
import { type RequestContext, requestStorage } from './context.ts'

/**
 * Makes the asynchronous context of requests.
 *
 * Where Node keeps it in frames (24 and later), `run` makes one frame to go in and another one to go back, and both
 * together are the dearest part of a request's way through this plugin. A request that Node's HTTP/1 server is
 * handing over needs no way back: nobody else's code follows in this callback of Node's, and when that ends Node
 * goes back by itself, also before the next request of a pipeline.
 */
export class Dispatch {
  /** Whether any route keeps a context. Where none does, not even a look may wake up `AsyncLocalStorage`. */
  keepsContexts = false
  #raw: IncomingMessage | undefined = undefined

  /** A server begins to hand over a request. */
  begin(raw: IncomingMessage): void {
    if (!this.keepsContexts || raw.httpVersionMajor !== 1 || !keepsContextInFrames()) return
    // where there is a context, a request's own code hands another one over, and goes on after it
    if (requestStorage.getStore() === undefined) this.#raw = raw
  }

  /** The server has handed over its request. */
  end(): void {
    this.#raw = undefined
  }

  /** Goes on in the context of a request. */
  enter(context: RequestContext, raw: IncomingMessage, next: () => void): void {
    if (this.#raw === raw) {
      requestStorage.enterWith(context)
      next()
    } else requestStorage.run(context, next)
  }
}
