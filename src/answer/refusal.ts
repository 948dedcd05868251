import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { RequestContext } from '../request/context.ts'
import { acceptsProblem, jsonBody, PROBLEM, problemBody } from './bodies.ts'
import { answerRaw } from './raw.ts'

const JSON_TYPE = 'application/json'

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
 * Writes a 503 to a request that is not served.
 *
 * @throws What Node throws where the response has begun.
 */
export function writeRefusal(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const { type, body, retryAfter, closes } = refusal
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
