import { Socket } from 'node:net'
import { readProperty } from '../fault/thrown.ts'
import { currentResource, isUnhandledEvent } from '../node-parts.ts'

/**
 * Whether the error that Node reports right now is an `'error'` event that nobody listens for, and comes from a
 * connection that the process opened: to a database that restarted, perhaps. A pool keeps its connections, and Node
 * only knows the request that opened this one.
 */
export function isOfClientConnection(error: unknown): boolean {
  // what cannot connect was never in a pool
  if (!isUnhandledEvent(error) || readProperty(error, 'syscall') === 'connect') return false
  const { args, owner } = currentResource()
  return isClientConnection(owner) || args.some(isClientConnection)
}

/** `NGHTTP2_SESSION_CLIENT`: `node:http2` is not loaded for it. */
const HTTP2_CLIENT = 1

function isClientConnection(value: unknown): boolean {
  if (!(value instanceof Socket)) return isHttp2Client(value)
  const { server, _httpMessage } = value as { server?: unknown; _httpMessage?: unknown }
  // of a socket that serves an `http.request()` Node knows the request that uses it
  return !server && !_httpMessage
}

function isHttp2Client(value: unknown): boolean {
  return readProperty(value, 'type') === HTTP2_CLIENT && typeof readProperty(value, 'goaway') === 'function'
}
