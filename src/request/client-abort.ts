import { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { readCode, readName } from '../error-properties.ts'
import type { RequestContext } from './context.ts'
import { destroyedWith } from './destroyed-with.ts'

/**
 * The codes by which Node reports that the other side closed (`net`, `stream`, `http2`) or that a signal was aborted,
 * and by which HTTP clients report an abort: undici, axios, got.
 */
const ABORT_CODES: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_HTTP2_INVALID_STREAM',
  'ABORT_ERR',
  'UND_ERR_ABORTED',
  'ERR_CANCELED',
  'ERR_ABORTED',
])

/** The names of errors that say the same: a DOMException, as `fetch` rejects with, has a number for its code. */
const ABORT_NAMES: ReadonlySet<unknown> = new Set(['AbortError', 'CanceledError'])

/**
 * Why an error of a request is no fault: its client disconnected, or the error only follows from something that was
 * recorded already.
 */
export type Abort = 'client' | 'consequence'

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
  return ABORT_CODES.has(readCode(error)) || ABORT_NAMES.has(readName(error))
}

/**
 * Says why an error is no fault, undefined where it is one. While the client is connected the same codes are faults:
 * then an upstream closed the connection.
 *
 * @param request The request, also where its context has let go of it.
 */
export function abortOf(
  error: unknown,
  context: RequestContext,
  request: FastifyRequest | undefined = context.request,
): Abort | undefined {
  const tellsAbort = isAbort(error)
  if (!tellsAbort && !context.done && error !== request?.raw.errored) return undefined // as most errors
  const { reply } = context
  const destroyer = reply === undefined ? undefined : destroyedWith(reply.raw)
  const wasDestroyed = context.wasDestroyed || destroyer !== undefined
  const isEnded = context.ended !== undefined || (wasDestroyed && destroyer !== error)
  if (tellsAbort && isEnded) return 'consequence'
  if (context.done && context.hasRecorded(error)) return 'consequence' // the response was destroyed with it
  if (wasDestroyed) return undefined
  const isGone = request === undefined ? context.isCutShort : clientIsGone(request)
  if (!isGone) return undefined
  return tellsAbort || (request !== undefined && error === request.raw.errored) ? 'client' : undefined
}
