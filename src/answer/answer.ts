import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Internals } from '../fastify/internals.ts'
import type { Fault } from '../fault/fault.ts'
import { serializeError } from '../fault/serialize.ts'
import { clip, messageOf, readProperty } from '../fault/thrown.ts'
import { isThenable } from '../is-thenable.ts'
import { logTrouble } from '../log/log.ts'
import type { Answer } from '../options/options.ts'
import type { RequestContext } from '../request/context.ts'
import { type AnswerHead, answerHeadOf } from './head.ts'
import { dropHeadersOfTheSuccess } from './headers.ts'
import { negotiate } from './negotiate.ts'
import { STATUS_CODES } from './node-http.ts'
import { prefersPage, sendPage } from './page.ts'
import { answerRaw } from './raw.ts'

const PROBLEM = 'application/problem+json'

/** Characters of a `code` that is shown. */
const MAX_CODE = 128

/**
 * Answers a fault: status and headers by the error where it may shape them, a body that tells nothing of the
 * error unless it is exposed. Goes through Fastify, so that the response schema, `onSend` hooks and HEAD hold.
 * Never throws.
 */
export function answerFault(
  context: RequestContext,
  fault: Fault,
  request: FastifyRequest,
  reply: FastifyReply,
  internals: Internals,
): void {
  try {
    if (reply.raw.headersSent || reply.sent) {
      answerRaw(reply, internals)
      return
    }
    context.sending = false // an answer that failed before must not be taken for this one
    const head = answerHeadOf(fault.error)
    dropHeadersOfTheSuccess(context, reply, internals)
    reply.code(head.statusCode)
    if (head.headers !== undefined) reply.headers(head.headers)
    reply.serializer(null as unknown as (payload: unknown) => string)
    const { answer } = context.route
    if (typeof answer === 'function')
      answerByFunction(answer, context, fault, head, request, reply, internals)
    else sendDefault(context, fault, head, request, reply, internals)
  } catch (failure) {
    logTrouble(context.log, 'error', failure, 'the answer to a failed request could not be made')
    answerRaw(reply, internals)
  }
}

function answerByFunction(
  answer: Answer,
  context: RequestContext,
  fault: Fault,
  head: AnswerHead,
  request: FastifyRequest,
  reply: FastifyReply,
  internals: Internals,
): void {
  const given = forAnswer(reply)
  const isAnswered = (): boolean => reply.sent || reply.raw.headersSent || context.sending
  const fallBack = (failure: unknown): void => {
    logTrouble(context.log, 'error', failure, 'the `answer` option failed: the default answer is sent')
    if (isAnswered()) return
    reply.removeHeader('content-type')
    reply.code(head.statusCode)
    sendDefault(context, fault, head, request, reply, internals)
  }
  const take = (payload: unknown): void => {
    if (isAnswered()) return
    if (payload === undefined || payload === given || payload instanceof Error) {
      fallBack(new TypeError('Expected `answer` to return the payload of the answer'))
    } else {
      reply.send(payload)
    }
  }
  let payload: unknown
  try {
    payload = answer(fault, request, given)
    if (payload !== given && isThenable(payload)) {
      payload.then(take, fallBack).then(undefined, () => answerRaw(reply, internals))
      return
    }
  } catch (failure) {
    fallBack(failure)
    return
  }
  take(payload)
}

/**
 * The reply as `answer` gets it. A promise that is resolved with a reply waits until that is sent, which nobody
 * would ever do here: this one counts as nothing returned.
 */
function forAnswer(reply: FastifyReply): FastifyReply {
  const then = (fulfilled: () => void): void => fulfilled()
  return new Proxy(reply, { get: (target, key) => (key === 'then' ? then : Reflect.get(target, key)) })
}

function sendDefault(
  context: RequestContext,
  fault: Fault,
  head: AnswerHead,
  request: FastifyRequest,
  reply: FastifyReply,
  internals: Internals,
): void {
  if (context.route.expose && prefersPage(request)) {
    const title = `${head.statusCode} ${reasonOf(head.statusCode)}`
    sendPage(context, fault, title, reply, internals, () => sendJson(context, fault, head, request, reply))
  } else sendJson(context, fault, head, request, reply)
}

function sendJson(
  context: RequestContext,
  fault: Fault,
  head: AnswerHead,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const asProblem = context.route.answer === 'problem' || acceptsProblem(request)
  if (asProblem) reply.type(PROBLEM)
  reply.send(asProblem ? problemBody(context, fault, head) : jsonBody(context, fault, head))
}

function acceptsProblem(request: FastifyRequest): boolean {
  const accept = request.raw.headers.accept?.toLowerCase()
  if (accept?.includes(PROBLEM) !== true) return false
  return negotiate(accept).mediaTypes().includes(PROBLEM)
}

function reasonOf(statusCode: number): string {
  return STATUS_CODES[statusCode] ?? 'Internal Server Error'
}

/** What an exposed error shows: its stack and causes only to a developer, its message and code to anybody. */
function exposed(
  context: RequestContext,
  fault: Fault,
  head: AnswerHead,
): Record<string, unknown> | undefined {
  if (!context.route.expose && !head.expose) return undefined
  const code = readProperty(fault.error, 'code')
  const shown: Record<string, unknown> = {}
  if (typeof code === 'string') shown.code = clip(code, MAX_CODE)
  else if (typeof code === 'number') shown.code = code
  if (context.route.expose) {
    const { type, stack, cause, errors } = serializeError(fault.error)
    Object.assign(shown, { type, stack, cause, errors })
  }
  return shown
}

/** Fastify's own shape of an error, with the request's id so that a user can quote it. */
function jsonBody(context: RequestContext, fault: Fault, head: AnswerHead): object {
  const error = reasonOf(head.statusCode)
  const shown = exposed(context, fault, head)
  return {
    statusCode: head.statusCode,
    ...shown,
    error,
    message: shown === undefined ? error : messageOf(fault.error),
    requestId: context.snapshot().id,
  }
}

/** RFC 9457. `about:blank` says that the title is the status's own phrase (section 4.2.1). */
function problemBody(context: RequestContext, fault: Fault, head: AnswerHead): object {
  const shown = exposed(context, fault, head)
  return {
    type: 'about:blank',
    title: reasonOf(head.statusCode),
    status: head.statusCode,
    ...(shown && { detail: messageOf(fault.error), ...shown, type: 'about:blank' }),
    requestId: context.snapshot().id,
  }
}
