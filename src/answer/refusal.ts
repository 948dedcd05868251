import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RequestContext } from '../request/context.ts'
import { acceptsProblem, jsonBody, PROBLEM, problemBody } from './bodies.ts'
import { survives } from './headers.ts'
import { forgetHeader, resetHead } from './node-http.ts'
import { phraseOf } from './phrase.ts'
import { answerRaw } from './raw.ts'

const JSON_TYPE = 'application/json'

/** Seconds: another instance, or the restarted one, can answer soon. */
export const RETRY_AFTER = '1'

/** A 503 past Fastify. */
interface Refusal {
  /** The media type. */
  readonly type: string
  readonly body: string
  /** Seconds. */
  readonly retryAfter: string
  /** Whether the connection is to be closed. HTTP/2 has another way. */
  readonly closes: boolean
}

/**
 * Writes a 503 to a request that is not served, without the headers of a success that its handler had prepared.
 *
 * @throws What Node throws where the response has begun.
 */
export function writeRefusal(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const { type, body, retryAfter, closes } = refusal
  resetHead(response)
  for (const name of response.getHeaderNames()) {
    if (!survives(name, response.getHeader(name))) forgetHeader(response, name)
  }
  response.writeHead(503, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': String(Buffer.byteLength(body)),
    'retry-after': retryAfter,
    ...(closes && request.httpVersionMajor !== 2 ? { connection: 'close' } : undefined),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** The body of a 503 to a request of which nothing is known. */
export function refusalBody(): string {
  return JSON.stringify(jsonBody(503, undefined))
}

/**
 * Answers a request with 503 before anything of its route has run, its `onSend` hooks included: one of them may be what
 * kills. Never throws.
 *
 * @param retryAfter Seconds.
 */
export function answerRefused(context: RequestContext, retryAfter: number): void {
  const reply = context.reply as FastifyReply
  try {
    const { raw } = reply.request
    const { id } = context.snapshot()
    const asProblem = context.route.answer === 'problem' || acceptsProblem(raw)
    const body = JSON.stringify(asProblem ? problemBody(503, id) : jsonBody(503, id))
    reply.hijack()
    const type = asProblem ? PROBLEM : JSON_TYPE
    writeRefusal(raw, reply.raw, { type, body, retryAfter: String(retryAfter), closes: false })
  } catch {
    answerRaw(reply)
  }
}

/** Answers a request that came too late. Never throws. */
export function refuseRequest(request: IncomingMessage, response: ServerResponse): void {
  try {
    const body = refusalBody()
    writeRefusal(request, response, {
      type: JSON_TYPE,
      body,
      retryAfter: RETRY_AFTER,
      closes: true,
    })
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
