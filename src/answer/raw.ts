import type { ServerResponse } from 'node:http'
import { constants } from 'node:http2'
import type { Socket } from 'node:net'
import type { FastifyReply } from 'fastify'
import { attempt } from '../attempt.ts'
import { clientIsGone } from '../request/client-abort.ts'
import type { Ended } from '../request/context.ts'
import { contextOf } from '../request/context-slot.ts'
import { idOf } from '../request/snapshot.ts'
import { jsonBody } from './bodies.ts'
import { isValidHeader, survives } from './headers.ts'
import { resetHead } from './node-http.ts'

/** The body that is sent where nothing of the app may be asked any more. */
export function plainBody(requestId: string): string {
  return JSON.stringify(jsonBody(500, requestId))
}

/**
 * Answers past Fastify: after `reply.hijack()`, or when the app's own hooks or serializers failed on the answer
 * to a fault. A response that has started is cut, for its client must not take half of it for the whole.
 * Never throws.
 */
export function answerRaw(reply: FastifyReply): void {
  const { raw, request } = reply
  try {
    markEnded(reply, 'forced')
    resetHead(raw)
    if (raw.headersSent || raw.destroyed || raw.writableEnded) {
      if (!raw.writableEnded) cut(reply)
      return
    }
    const body = plainBody(idOf(request))
    const headers = survivors(reply.getHeaders())
    if (!reply.sent) reply.hijack()
    for (const name of raw.getHeaderNames()) raw.removeHeader(name)
    headers['content-type'] = 'application/json; charset=utf-8'
    headers['content-length'] = String(Buffer.byteLength(body))
    raw.writeHead(500, headers as Record<string, string>)
    raw.end(request.raw.method === 'HEAD' ? undefined : body)
  } catch {
    cut(reply)
  }
}

/**
 * As {@link answerRaw}, where an answer of the app is still under way: an `onSend` hook that takes longer than the
 * grace, a stream without its first byte. When it comes after all it goes nowhere, for it is nobody's bug that the
 * request was answered before. Never throws.
 */
export function answerInstead(reply: FastifyReply): void {
  answerRaw(reply)
  const { raw } = reply
  Object.assign(raw, { writeHead: () => raw, write: () => true, end: () => raw })
}

function markEnded({ request }: FastifyReply, by: Ended): void {
  contextOf(request)?.end(by)
}

function survivors(headers: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => survives(name, value) && isValidHeader(name, value)),
  )
}

/** Cuts the connection of a response that can't be completed. Never throws. */
export function cut(reply: FastifyReply): void {
  try {
    markEnded(reply, clientIsGone(reply.request) ? 'gone' : 'cut')
    cutResponse(reply.raw)
  } catch {
    // the response was already torn down
  }
}

/** As {@link cut}, of a response that has no reply. */
export function cutResponse(raw: ServerResponse): void {
  const { stream } = raw as { stream?: { close?: (code: number) => void } }
  // HTTP/2 has a stream to reset: destroyed without a code it would end as if all were well
  if (typeof stream?.close === 'function') stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  else {
    // A pipelined one has no connection yet. Since Node 24 it would get one all the same, and keep it for ever.
    if (raw.socket === null) raw.once('socket', (socket: Socket) => socket.destroy())
    else if (endsWithConnection(raw)) attempt(() => raw.socket?.resetAndDestroy(), undefined)
    raw.destroy()
  }
}

/**
 * Whether nothing but the end of the connection ends the body that is being sent, as to an HTTP/1.0 client: only a reset
 * tells such a client that it has not got all. An answer to HEAD has no body. `_header` is Node's own, the same in every supported version.
 */
function endsWithConnection(raw: ServerResponse & { readonly _header?: string | null }): boolean {
  if (raw.req?.method === 'HEAD') return false
  return raw.headersSent && !/^(?:content-length|transfer-encoding):/im.test(raw._header ?? '')
}
