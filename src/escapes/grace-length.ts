import { inspect, types } from 'node:util'
import { attempt } from '../attempt.ts'
import type { RequestContext } from '../request/context.ts'
import type { Escape } from '../uncaught/listener.ts'

/** The most that a grace is lengthened to, in milliseconds. */
const MAX_LENGTHENED = 30_000

/**
 * How long a request may still answer by itself after an error escaped from it, in milliseconds. A rejection says less
 * than an exception: while the promise that Fastify waits for is pending, or the response is being written, the request
 * is still at work. On a route whose good answers take long it has twice as long as the longest of them.
 *
 * @param isFatal Whether the process leaves for that error: its port is shut meanwhile, so that the request gets no more
 *   than the grace of an exception.
 */
export function graceLength(context: RequestContext, origin: Escape['origin'], isFatal = false): number {
  const { grace, longestAnswer } = context.route
  if (typeof grace === 'number') return grace
  if (isFatal) return Math.min(grace.rejection, grace.exception)
  const length = origin === 'rejection' && isAtWork(context) ? grace.rejection : grace.exception
  return Math.max(length, Math.min(2 * longestAnswer.at(Date.now()), MAX_LENGTHENED))
}

/** Whether nothing that Fastify waits for, and no part of an answer, is on the way: an error may have been its end. */
export function isLeftAlone(context: RequestContext): boolean {
  const { reply, sending } = context
  return reply !== undefined && !reply.sent && !sending && !isAtWork(context)
}

/** Whether a stream is sent, the response has begun, or the promise of the handler or hook that ran last is pending. */
function isAtWork({ awaited, bytesSent, sending, reply }: RequestContext): boolean {
  if (bytesSent !== -1 || reply?.raw.headersSent) return true
  if (awaited === undefined) return false
  if (types.isPromise(awaited)) return isPending(awaited)
  // a thenable must not be asked, because `then` may start its work again; Fastify sends what it resolves to
  return !sending && reply?.sent === false
}

const DISPLAY = {
  depth: 0,
  customInspect: false,
  getters: false,
  maxArrayLength: 0,
  maxStringLength: 0,
} as const

/** Only `inspect` tells the state of a promise at once. */
function isPending(promise: Promise<unknown>): boolean {
  return attempt(() => /\{\s+<pending>/.test(inspect(promise, DISPLAY)), false)
}
