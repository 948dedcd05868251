import { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { readProperty } from '../fault/thrown.ts'

/**
 * The codes by which Node reports that the other side closed (`net`, `stream`, `http2`), or that a signal was
 * aborted.
 */
const ABORT_CODES: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_HTTP2_INVALID_STREAM',
  'ABORT_ERR',
])

/** Whether the client disconnected before it had sent its request or got its answer. */
export function clientIsGone(request: FastifyRequest): boolean {
  const { raw } = request
  return raw.aborted === true || raw.errored != null || raw.socket?.destroyed === true || isInjectAborted(raw)
}

/**
 * Whether an `inject()` was aborted by its `signal`. Fastify then only destroys the request, which has no
 * `net.Socket`.
 */
function isInjectAborted({ destroyed, socket }: FastifyRequest['raw']): boolean {
  return destroyed && socket != null && !(socket instanceof Socket)
}

/** Whether an error says that a stream ended too early or that a signal was aborted, by whichever side. */
export function isAbort(error: unknown): boolean {
  return ABORT_CODES.has(readProperty(error, 'code'))
}

/**
 * Whether an error only says that the client disconnected. While the client is connected the same codes are faults:
 * then an upstream closed the connection.
 */
export function isClientAbort(error: unknown, request: FastifyRequest | undefined): boolean {
  if (request === undefined || !clientIsGone(request)) return false
  return error === request.raw.errored || isAbort(error)
}
