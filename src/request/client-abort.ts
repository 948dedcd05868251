import { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { readProperty } from '../fault/thrown.ts'

/** What Node reports when the other side goes away: `net`, `stream` and `http2` in this order. */
const ABORT_CODES: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_HTTP2_INVALID_STREAM',
  'ABORT_ERR',
])

/** Whether the client went away before it had sent its request or got its answer. */
export function clientIsGone(request: FastifyRequest): boolean {
  const { raw } = request
  return raw.aborted === true || raw.errored != null || raw.socket?.destroyed === true || isGivenUp(raw)
}

/** `inject()` with a `signal` destroys the request, and says so nowhere else. It has no socket of its own. */
function isGivenUp({ destroyed, socket }: FastifyRequest['raw']): boolean {
  return destroyed && socket != null && !(socket instanceof Socket)
}

/** Whether an error says that a stream ended before its time or that a signal was aborted, whoever did it. */
export function isAbort(error: unknown): boolean {
  return ABORT_CODES.has(readProperty(error, 'code'))
}

/**
 * Whether an error only says that the client went away. The same codes are faults while the client is there:
 * then it was an upstream that hung up.
 */
export function isClientAbort(error: unknown, request: FastifyRequest | undefined): boolean {
  if (request === undefined || !clientIsGone(request)) return false
  return error === request.raw.errored || isAbort(error)
}
