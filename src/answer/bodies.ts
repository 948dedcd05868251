import type { IncomingMessage } from 'node:http'
import { acceptedTypes } from './negotiate.ts'
import { phraseOf } from './phrase.ts'

export const PROBLEM = 'application/problem+json'

/** A body of Fastify's own shape that tells nothing but the status. */
export function jsonBody(statusCode: number, requestId: string | undefined): object {
  const error = phraseOf(statusCode)
  return { statusCode, error, message: error, requestId }
}

/** The same by RFC 9457. `about:blank` says that the title is the status's own phrase (section 4.2.1). */
export function problemBody(statusCode: number, requestId: string): object {
  return { type: 'about:blank', title: phraseOf(statusCode), status: statusCode, requestId }
}

/** Whether the client asks for a problem. */
export function acceptsProblem({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const accept = headers.accept?.toLowerCase()
  if (accept?.includes(PROBLEM) !== true) return false
  return acceptedTypes(accept).includes(PROBLEM)
}
