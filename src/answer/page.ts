import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Fault } from '../fault/fault.ts'
import { isErrorLike, readProperty } from '../fault/thrown.ts'
import { logWarning } from '../log/log.ts'
import { logRequestFailure, logRequestWarning } from '../log/request-lines.ts'
import type { RequestContext } from '../request/context.ts'
import { acceptedTypes } from './negotiate.ts'
import { answerRaw } from './raw.ts'
import { makePage, type Page } from './youch.ts'

/** Milliseconds to wait for a page before the usual answer is sent. */
const DEADLINE = 5_000

const HTML = 'text/html; charset=utf-8'
/** The first one is for a client without a preference. */
const OFFERED = ['application/json', 'application/problem+json', HTML]

/** The apps that have logged already that youch is missing, or that it fails. */
const missing: WeakSet<object> = new WeakSet()
const failing: WeakSet<object> = new WeakSet()

/** What a page is made from. */
interface WantedPage {
  readonly context: RequestContext
  readonly fault: Fault
  /** The status code and its reason phrase. */
  readonly title: string
  readonly reply: FastifyReply
}

/** Whether a client prefers a page to JSON, as browsers do. */
export function prefersPage(request: FastifyRequest): boolean {
  const { accept } = request.raw.headers
  if (accept === undefined || !accept.toLowerCase().includes('text/')) return false
  return acceptedTypes(accept, OFFERED)[0] === HTML
}

/**
 * Answers a fault with a page that shows its message, stack and source code. Where the page fails, sends the usual
 * answer. Never throws.
 *
 * @param sendUsual Sends the usual answer.
 */
export function sendPage({ context, fault, title, reply }: WantedPage, sendUsual: () => void): void {
  const isAnswered = (): boolean =>
    context.done || context.sending || reply.sent || reply.raw.headersSent || reply.raw.destroyed
  const release = holdSends(context, reply)
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
      logRequestFailure(context, failure, 'the answer to a failed request could not be made')
      answerRaw(reply)
    })
}

/**
 * Until the page is ready, ignore `reply.send()` by the app and log a warning. Errors still reach the error
 * handlers.
 *
 * @returns Lets `reply.send()` through again.
 */
function holdSends(context: RequestContext, reply: FastifyReply): () => void {
  const { send } = reply
  reply.send = function heldSend(payload?: unknown): FastifyReply {
    if (isErrorLike(payload)) return send.call(reply, payload)
    const late = new Error('reply.send() was called after the request had failed')
    logRequestWarning(context, late, 'the answer was not sent: the request had failed before')
    return reply
  } as typeof send
  return () => {
    delete (reply as { send?: unknown }).send
  }
}

/** Rejects when the page takes longer than {@link DEADLINE}. */
function inTime(page: Promise<Page>): Promise<Page> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`there was no page in ${DEADLINE} ms`)), DEADLINE)
    page.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Logs why there is no page and how to fix it, once for each app. */
function warn({ route, log }: RequestContext, fault: Fault, failure: unknown): void {
  const isMissing = readProperty(failure, 'code') === 'ERR_MODULE_NOT_FOUND'
  const logged = isMissing ? missing : failing
  if (logged.has(route.app)) return
  logged.add(route.app)
  const message = isMissing
    ? 'JSON was sent instead of a page that shows the error: `npm install youch` makes such pages'
    : 'JSON was sent instead of a page that shows the error: youch failed, and `npm install youch` may mend it'
  logWarning(log, failure, message, { faultId: fault.id })
}
