import type { Peer } from '../answer/peer.ts'
import type { RequestContext } from '../request/context.ts'

const peers: WeakMap<RequestContext, Peer> = new WeakMap()

/** Keeps whom to answer when an error escapes from a listener of Node's server, which has no reply. */
export function keepPeer(context: RequestContext, peer: Peer): void {
  peers.set(context, peer)
}

/** Lets go of a connection that has closed, which its context may outlive. */
export function forgetPeer(context: RequestContext): void {
  peers.delete(context)
}

/** Watches a connection from now on. The result tells whether something was written to it since. */
export function watchPeer(context: RequestContext): () => boolean {
  const peer = peers.get(context)
  const before = peer?.bytesWritten
  return () => peer?.bytesWritten !== before
}

/** Answers 500 or cuts. Does nothing where the listener goes on writing, or the context is that of a reply. */
export function failPeer(context: RequestContext, isFlowing: () => boolean): void {
  const peer = peers.get(context)
  if (peer === undefined || isFlowing()) return
  context.end(peer.fail(context.snapshot().id))
}
