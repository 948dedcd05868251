import type { FastifyReply } from 'fastify'
import type { Internals } from '../fastify/internals.ts'
import type { RequestContext } from '../request/context.ts'
import { forgetHeader, validateHeaderName, validateHeaderValue } from './node-http.ts'

/**
 * Headers that describe the success which did not happen, or hand something out: they never survive into the
 * answer to a fault, whoever set them.
 */
const OF_THE_SUCCESS: ReadonlySet<string> = new Set([
  'accept-ranges',
  'age',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'link',
  'location',
  'set-cookie',
  'trailer',
  'transfer-encoding',
])

/** Whether a header may outlive the success: by the one list that all answers to a fault, and refusals, go by. */
export function survives(name: string, value: unknown): boolean {
  if (OF_THE_SUCCESS.has(name)) return false
  return name !== 'cache-control' || String(value).includes('no-store')
}

/** Whether Node would write this header. */
export function isValidHeader(name: string, value: unknown): boolean {
  try {
    validateHeaderName(name)
    for (const one of Array.isArray(value) ? value : [value]) validateHeaderValue(name, one)
    return true
  } catch {
    return false
  }
}

/**
 * Takes back the headers of the success. What hooks had set before the handler started stays (security, CORS
 * and rate-limit headers), apart from those that describe the body, set a cookie or allow caching; what was set
 * from the handler on goes. `onSend` hooks run for the answer to a fault as for any other.
 */
export function dropHeadersOfTheSuccess(
  context: RequestContext,
  reply: FastifyReply,
  internals: Internals,
): void {
  const own = internals.headers(reply)
  const source = context.hookHeaders ?? own
  if (!isEmpty(own) || !isEmpty(source)) internals.replaceHeaders(reply, survivorsOf(source))
  internals.dropTrailers(reply)
  internals.forgetCookies(reply)

  const { raw } = reply
  const { hookRawHeaders } = context
  for (const name of raw.getHeaderNames()) {
    const before = hookRawHeaders === undefined ? raw.getHeader(name) : hookRawHeaders[name]
    if (before === undefined || !survives(name, before)) forgetHeader(raw, name)
    else if (hookRawHeaders !== undefined) raw.setHeader(name, before as string)
  }
}

function isEmpty(headers: Readonly<Record<string, unknown>>): boolean {
  for (const _name in headers) return false
  return true
}

function survivorsOf(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (survives(name, value) && isValidHeader(name, value)) kept[name] = value
  }
  return kept
}
