import type { IncomingMessage } from 'node:http'
import { keepsContextInFrames } from './attribution.ts'
import { OPTED_OUT, type RequestContext, requestStorage } from './context.ts'

/**
 * Makes the asynchronous context of requests.
 *
 * Where Node keeps it in frames (24 and later), `run` makes one frame to go in and another one to go back, and both
 * together are the dearest part of a request's way through this plugin. A request that Node's HTTP/1 server is
 * handing over needs no way back: nobody else's code follows in this callback of Node's, and Node itself goes back
 * when that ends. Only the next request of a pipeline comes within the same callback; it finds what the one before
 * it left behind.
 */
export class Dispatch {
  #raw: IncomingMessage | undefined = undefined

  /** A server begins to hand over a request. */
  begin(raw: IncomingMessage): void {
    if (raw.httpVersionMajor !== 1 || !keepsContextInFrames()) return
    const stored = requestStorage.getStore()
    if (stored !== undefined) {
      const before = stored === OPTED_OUT ? undefined : stored.request?.raw
      // somebody's own code hands a request over, from within this one or another one, which goes on after it
      if (before === undefined || before === raw || before.socket !== raw.socket) return
      requestStorage.enterWith(undefined)
    }
    this.#raw = raw
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
