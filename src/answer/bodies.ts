import type { IncomingMessage } from 'node:http'
import { acceptedTypes } from './negotiate.ts'
import { phraseOf } from './phrase.ts'

export const PROBLEM = 'application/problem+json'
export const JSON_TYPE = 'application/json'

/** Whole texts: Fastify looks them up, and one that is put together for each answer is hashed for each. */
export const WITH_CHARSET = {
  'application/json': 'application/json; charset=utf-8',
  'application/problem+json': 'application/problem+json; charset=utf-8',
} as const

/** A body of Fastify's own shape that tells nothing but the status. */
export function jsonBody(statusCode: number, requestId: string | undefined): object {
  const error = phraseOf(statusCode)
  return { statusCode, error, message: error, requestId }
}

/** What {@link jsonText} made last, without the id: nearly all answers have the same status. */
let lastStatus = 0
let lastPhrase = ''
let lastStart = ''

/** The text of {@link jsonBody}: put together, because it takes longer to make the object and serialize it. */
export function jsonText(statusCode: number, requestId: string): string {
  const phrase = phraseOf(statusCode)
  if (statusCode !== lastStatus || phrase !== lastPhrase) {
    const said = JSON.stringify(phrase)
    lastStatus = statusCode
    lastPhrase = phrase
    lastStart = `{"statusCode":${statusCode},"error":${said},"message":${said},"requestId":`
  }
  return `${lastStart}${JSON.stringify(requestId)}}`
}

/** As {@link jsonBody}, by RFC 9457. `about:blank` says that the title is the status's own phrase (section 4.2.1). */
export function problemBody(statusCode: number, requestId: string): object {
  return { type: 'about:blank', title: phraseOf(statusCode), status: statusCode, requestId }
}

/** Whether the client asks for a problem. */
export function acceptsProblem({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const accept = headers.accept?.toLowerCase()
  if (accept?.includes(PROBLEM) !== true) return false
  return acceptedTypes(accept).includes(PROBLEM)
}
