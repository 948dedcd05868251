import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Internals } from '../fastify/internals.ts'
import type { Fault } from '../fault/fault.ts'
import { isErrorLike, readProperty } from '../fault/thrown.ts'
import { logTrouble } from '../log/log.ts'
import type { RequestContext } from '../request/context.ts'
import { negotiate } from './negotiate.ts'
import { answerRaw } from './raw.ts'
import { makePage, type Page } from './youch.ts'

/** Milliseconds until a page that is not there yet is given up. */
const DEADLINE = 5_000

const HTML = 'text/html; charset=utf-8'
/** The first one is what a client gets that does not care. */
const OFFERED = ['application/json', 'application/problem+json', HTML]

/** The registrations of the plugin that have said already what is wrong with their pages. */
const missing: WeakSet<object> = new WeakSet()
const failing: WeakSet<object> = new WeakSet()

/** Whether a client would rather have a page than JSON, as browsers would. */
export function prefersPage(request: FastifyRequest): boolean {
  const { accept } = request.raw.headers
  if (accept === undefined || !accept.toLowerCase().includes('text/')) return false
  return negotiate(accept).mediaType(OFFERED) === HTML
}

/**
 * Answers with the page of a fault, whose message, stack and sources it shows. Where there is none, the usual
 * answer is sent. Never throws.
 *
 * @param title The status and its phrase.
 * @param sendUsual Sends the usual answer.
 */
export function sendPage(
  context: RequestContext,
  fault: Fault,
  title: string,
  reply: FastifyReply,
  internals: Internals,
  sendUsual: () => void,
): void {
  const isAnswered = (): boolean =>
    context.done || context.sending || reply.sent || reply.raw.headersSent || reply.raw.destroyed
  const release = holdSends(context, reply, internals)
  const send = ({ html, policy }: Page): void => {
    release()
    if (isAnswered()) return
    reply.header('content-security-policy', policy).type(HTML).send(html)
  }
  const fallBack = (failure: unknown): void => {
    release()
    warn(context, fault, failure)
    if (!isAnswered()) sendUsual()
  }
  inTime(makePage(fault, title))
    .then(send, fallBack)
    .catch((failure: unknown) => {
      logTrouble(context.log, 'error', failure, 'the answer to a failed request could not be made')
      answerRaw(reply, internals)
    })
}

/**
 * What the app sends until the page is there comes as late as it would after JSON, which is sent at once: it is not
 * the answer, and the log says so. Errors pass: they have their own way to an answer.
 *
 * @returns Ends it.
 */
function holdSends(context: RequestContext, reply: FastifyReply, internals: Internals): () => void {
  const { send } = reply
  reply.send = function heldSend(payload?: unknown): FastifyReply {
    if (internals.isMarkedAsError(reply) || isErrorLike(payload)) return send.call(reply, payload)
    const late = new Error('reply.send() was called after the request had failed')
    logTrouble(context.log, 'warn', late, 'the answer was not sent: the request had failed before')
    return reply
  } as typeof send
  return () => {
    delete (reply as { send?: unknown }).send
  }
}

/** Rejects where a page takes longer than a client may be kept waiting. */
function inTime(page: Promise<Page>): Promise<Page> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`there was no page in ${DEADLINE} ms`)), DEADLINE)
    page.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Says once what is wrong, and how to mend it. */
function warn({ route, log }: RequestContext, fault: Fault, failure: unknown): void {
  const isMissing = readProperty(failure, 'code') === 'ERR_MODULE_NOT_FOUND'
  const told = isMissing ? missing : failing
  if (told.has(route.owner)) return
  told.add(route.owner)
  const message = isMissing
    ? 'JSON was sent instead of a page that shows the error: `npm install youch` makes such pages'
    : 'JSON was sent instead of a page that shows the error: youch failed, and `npm install youch` may mend it'
  logTrouble(log, 'warn', failure, message, { faultId: fault.id })
}
