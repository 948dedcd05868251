import type { Http2Session, Http2Stream } from 'node:http2'
import type { RequestContext } from '../request/context.ts'

/** Milliseconds between two looks while the app serves. */
const LOOK_INTERVAL = 10_000

/**
 * Destroys the HTTP/2 streams that are closed but not destroyed. Node 20 and 22 sometimes wait for ever for the last write of a
 * stream that has closed, as where its client disconnects or resets a neighbour (about one in a thousand, also with
 * `node:http2` alone). The request would stay in flight and the session open.
 *
 * @param contexts The requests in flight.
 */
export function endStuckStreams(contexts: Iterable<RequestContext>): void {
  for (const stream of closedStreams(contexts)) stream.destroy()
}

function* closedStreams(contexts: Iterable<RequestContext>): Generator<Http2Stream> {
  for (const { reply } of contexts) {
    const { stream } = (reply?.raw ?? {}) as { stream?: Http2Stream }
    if (stream?.closed === true && !stream.destroyed) yield stream
  }
}

/** Ends them also while the app serves, as long as there are sessions of HTTP/2. */
export class StuckStreams {
  readonly #contexts: Iterable<RequestContext>
  /** Those that were closed at the last look: what is written by then is no reason to wait any more. */
  #closed: WeakSet<Http2Stream> = new WeakSet()
  #sessions = 0
  #timer: NodeJS.Timeout | undefined

  /** @param contexts The requests in flight. */
  constructor(contexts: Iterable<RequestContext>) {
    this.#contexts = contexts
  }

  /** Looks for stuck streams until this session and all others have closed. */
  watch(session: Http2Session): void {
    this.#sessions += 1
    this.#timer ??= setInterval(() => this.#look(), LOOK_INTERVAL).unref()
    session.once('close', () => {
      this.#sessions -= 1
      if (this.#sessions > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    })
  }

  #look(): void {
    const closed = new WeakSet<Http2Stream>()
    for (const stream of closedStreams(this.#contexts)) {
      // a body that the app still reads is not lost
      if (!stream.readableEnded) continue
      if (this.#closed.has(stream)) stream.destroy()
      else closed.add(stream)
    }
    this.#closed = closed
  }
}
