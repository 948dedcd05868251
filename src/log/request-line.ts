import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { attempt } from '../attempt.ts'
import type { FaultRequest } from '../fault/fault.ts'
import { readProperty } from '../fault/thrown.ts'
import { withoutQuery } from '../without-query.ts'

/** What a log line's `req` holds. */
export type RequestLine = Record<string, unknown>

type Serializer = (request: object) => unknown

/** Fastify's default serializer of requests. It hides nothing, and it knows no route. */
const OF_FASTIFY = 'asReqValue'

/**
 * What the log shows of a fault's request: method, URL, route, host and address. An app that has a `req` serializer of
 * its own may keep secrets out of its log with it, so what that one gives stands instead, with the method and the
 * route besides. Where it throws or gives no object, the URL is cut before its query. Never throws.
 *
 * @param request The request itself; undefined where it has finished.
 */
export function requestLine(
  log: FastifyBaseLogger,
  snapshot: FaultRequest,
  request: FastifyRequest | undefined,
): RequestLine {
  const { method, url, route, host, remoteAddress, remotePort } = snapshot
  if (method === '') return { remoteAddress, remotePort }
  const line = { method, url, route, host, remoteAddress, remotePort }
  const serialize = ownSerializer(log)
  if (serialize === undefined) return line
  const own = serialized(serialize, request ?? standIn(snapshot))
  return own === undefined ? { ...line, url: withoutQuery(url) } : { ...own, method, route }
}

/** Under which every pino keeps the serializers of a logger. */
export const SERIALIZERS: unique symbol = Symbol.for('pino.serializers') as never

/** The app's own serializer of requests. */
function ownSerializer(log: FastifyBaseLogger): Serializer | undefined {
  const serialize = readProperty(readProperty(log, SERIALIZERS), 'req')
  return typeof serialize === 'function' && serialize.name !== OF_FASTIFY
    ? (serialize as Serializer)
    : undefined
}

function serialized(serialize: Serializer, request: object): RequestLine | undefined {
  return attempt(() => {
    const line = serialize(request)
    return typeof line === 'object' && line !== null ? { ...line } : undefined
  }, undefined)
}

/** What a serializer reads of a request, for one that has finished. */
function standIn({ id, method, url, route, host, remoteAddress, remotePort }: FaultRequest): object {
  const headers = {}
  const raw = { id, method, url, headers, socket: { remoteAddress, remotePort } }
  return {
    ...raw,
    raw,
    originalUrl: url,
    host,
    ip: remoteAddress,
    params: {},
    query: {},
    routeOptions: { url: route },
  }
}
