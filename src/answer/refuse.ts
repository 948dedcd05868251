import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { phraseOf } from './phrase.ts'

/** Seconds: another instance, or the restarted one, can answer soon. */
export const RETRY_AFTER = '1'

/** The body of a refusal: Fastify's own while it closes. */
export function refusal(): string {
  const error = phraseOf(503)
  return JSON.stringify({ error, message: error, statusCode: 503 })
}

/** Answers a request that came too late. Never throws. */
export function refuseRequest(request: IncomingMessage, response: ServerResponse): void {
  try {
    const body = refusal()
    response.writeHead(503, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(body.length),
      'retry-after': RETRY_AFTER,
      ...(request.httpVersionMajor === 2 ? undefined : { connection: 'close' }),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  } catch {
    response.destroy()
  }
}

/** Answers an upgrade that came too late. Never throws. */
export function refuseUpgrade(_request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => {})
  socket.end(
    `HTTP/1.1 503 ${phraseOf(503)}\r\nConnection: close\r\nContent-Length: 0\r\n` +
      `Retry-After: ${RETRY_AFTER}\r\n\r\n`,
  )
}

/** Answers every request that has no answer yet, because the process exits. Never throws. */
export function refuseAll(requests: Iterable<Refused>): void {
  for (const { request, reply } of requests) {
    if (request === undefined || reply === undefined || reply.raw.writableEnded) continue
    if (!reply.sent) reply.hijack()
    refuseRequest(request.raw, reply.raw)
  }
}

/** A request in flight. */
interface Refused {
  readonly request: FastifyRequest | undefined
  readonly reply: FastifyReply | undefined
}
