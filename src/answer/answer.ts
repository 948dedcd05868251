import type { FastifyReply } from 'fastify'
import { readCode } from '../error-properties.ts'
import { asError } from '../fastify/as-error.ts'
import type { Internals } from '../fastify/internals.ts'
import type { Fault } from '../fault/fault.ts'
import { shown } from '../fault/new-fault.ts'
import { serializeError } from '../fault/serialize.ts'
import { clip, messageOf } from '../fault/thrown.ts'
import { isThenable } from '../is-thenable.ts'
import { logRequestFailure } from '../log/request-lines.ts'
import type { Answer } from '../options/options.ts'
import type { RequestContext } from '../request/context.ts'
import {
  acceptsProblem,
  JSON_TYPE,
  jsonBody,
  jsonText,
  PROBLEM,
  problemBody,
  WITH_CHARSET,
} from './bodies.ts'
import { type AnswerHead, answerHeadOf } from './head.ts'
import { dropHeadersOfTheSuccess } from './headers.ts'
import { resetHead } from './node-http.ts'
import { prefersPage, sendPage } from './page.ts'
import { phraseOf } from './phrase.ts'
import { answerRaw } from './raw.ts'
import { schemaSerializerOf, serializeBySchema } from './response-schema.ts'

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
  reply: FastifyReply,
  internals: Internals,
): void {
  try {
    if (reply.raw.headersSent || reply.sent) {
      answerRaw(reply)
      return
    }
    resetHead(reply.raw)
    context.sending = false // an answer that failed before must not be taken for this one
    dropHeadersOfTheSuccess(context, reply, internals)
    const ofError = answerHeadOf(fault.error)
    const { replyStatus } = context
    const head = replyStatus === undefined ? ofError : { ...ofError, statusCode: replyStatus }
    reply.code(head.statusCode)
    if (head.headers !== undefined) reply.headers(head.headers)
    reply.serializer(null as unknown as (payload: unknown) => string)
    if (isUsual(context, reply, head))
      sendText(reply, JSON_TYPE, jsonText(head.statusCode, context.snapshot().id))
    else new FaultAnswer(context, fault, reply, head).send()
  } catch (failure) {
    logRequestFailure(context, failure, 'the answer to a failed request could not be made')
    answerRaw(reply)
  }
}

/** Whether the answer is the masked one, which nobody has to be asked for. */
function isUsual(
  { route }: RequestContext,
  reply: FastifyReply,
  { statusCode, expose }: AnswerHead,
): boolean {
  if (route.answer !== 'json' || route.expose || expose || acceptsProblem(reply.request.raw)) return false
  return schemaSerializerOf(reply, statusCode, JSON_TYPE) === undefined
}

/** Fastify asks `preSerialization` hooks and serializers for no string. */
function sendText(reply: FastifyReply, mediaType: keyof typeof WITH_CHARSET, text: string | Buffer): void {
  reply.type(WITH_CHARSET[mediaType]).send(text)
}

/** Any other answer to one fault, while it is made. */
class FaultAnswer {
  readonly #context: RequestContext
  readonly #fault: Fault
  readonly #reply: FastifyReply
  readonly #head: AnswerHead

  constructor(context: RequestContext, fault: Fault, reply: FastifyReply, head: AnswerHead) {
    this.#context = context
    this.#fault = fault
    this.#reply = reply
    this.#head = head
  }

  /** @throws What Node or the app's own functions throw. */
  send(): void {
    const { answer } = this.#context.route
    if (typeof answer === 'function') this.#askFunction(answer)
    else this.#sendDefault()
  }

  get #isAnswered(): boolean {
    return this.#reply.sent || this.#reply.raw.headersSent || this.#context.sending
  }

  #askFunction(answer: Answer): void {
    const given = forAnswer(this.#reply)
    const fallBack = (failure: unknown): void => this.#fallBack(failure)
    const take = (payload: unknown): void => {
      if (this.#isAnswered) return
      if (payload === undefined || payload === given || payload instanceof Error) {
        fallBack(new TypeError('Expected `answer` to return the payload of the answer'))
      } else {
        this.#reply.send(payload)
      }
    }
    let payload: unknown
    try {
      payload = answer(shown(this.#fault), this.#reply.request, given)
      if (payload !== given && isThenable(payload)) {
        payload.then(take, fallBack).then(undefined, () => answerRaw(this.#reply))
        return
      }
    } catch (failure) {
      fallBack(failure)
      return
    }
    take(payload)
  }

  #fallBack(failure: unknown): void {
    logRequestFailure(this.#context, failure, 'the `answer` option failed: the default answer is sent')
    if (this.#isAnswered) return
    this.#reply.removeHeader('content-type')
    this.#reply.code(this.#head.statusCode)
    this.#sendDefault()
  }

  #sendDefault(): void {
    const context = this.#context
    const reply = this.#reply
    if (context.route.expose && prefersPage(reply.request)) {
      const title = `${this.#head.statusCode} ${phraseOf(this.#head.statusCode)}`
      sendPage({ context, fault: this.#fault, title, reply }, () => this.#sendJson())
    } else this.#sendJson()
  }

  #sendJson(): void {
    const context = this.#context
    const reply = this.#reply
    const asProblem = context.route.answer === 'problem' || acceptsProblem(reply.request.raw)
    const mediaType = asProblem ? PROBLEM : JSON_TYPE
    let text: string | Buffer
    try {
      const serialize = schemaSerializerOf(reply, this.#head.statusCode, mediaType)
      text =
        serialize === undefined ? this.#text(asProblem) : serializeBySchema(serialize, this.#body(asProblem))
    } catch (failure) {
      context.sending = true // the status of the reply is that of this answer, and says nothing of the failure
      context.origin = 'reply'
      reply.send(asError(failure))
      return
    }
    sendText(reply, mediaType, text)
  }

  get #isExposed(): boolean {
    return this.#context.route.expose || this.#head.expose
  }

  #text(asProblem: boolean): string {
    if (asProblem || this.#isExposed) return JSON.stringify(this.#body(asProblem))
    return jsonText(this.#head.statusCode, this.#context.snapshot().id)
  }

  #body(asProblem: boolean): object {
    return asProblem ? this.#problemBody() : this.#jsonBody()
  }

  /** What an exposed error shows: its stack and causes only to a developer, its message and code to anybody. */
  #exposed(): Record<string, unknown> | undefined {
    const { expose } = this.#context.route
    const { error } = this.#fault
    if (!this.#isExposed) return undefined
    const code = readCode(error)
    const shown: Record<string, unknown> = {}
    if (typeof code === 'string') shown.code = clip(code, MAX_CODE)
    else if (typeof code === 'number') shown.code = code
    if (expose) {
      const { type, stack, cause, errors } = serializeError(error)
      Object.assign(shown, { type, stack, cause, errors })
    }
    return shown
  }

  /** Fastify's own shape of an error, with the request's id so that a user can quote it. */
  #jsonBody(): object {
    const { statusCode } = this.#head
    const { id } = this.#context.snapshot()
    const shown = this.#exposed()
    if (shown === undefined) return jsonBody(statusCode, id)
    const message = messageOf(this.#fault.error)
    return { statusCode, ...shown, error: phraseOf(statusCode), message, requestId: id }
  }

  #problemBody(): object {
    const body = problemBody(this.#head.statusCode, this.#context.snapshot().id)
    const shown = this.#exposed()
    if (shown === undefined) return body
    return { ...body, detail: messageOf(this.#fault.error), ...shown, type: 'about:blank' }
  }
}

/**
 * The reply as `answer` gets it. A promise that is resolved with a reply waits until that is sent, which nobody
 * would ever do here: this one counts as nothing returned.
 */
function forAnswer(reply: FastifyReply): FastifyReply {
  const then = (fulfilled: () => void): void => fulfilled()
  return new Proxy(reply, { get: (target, key) => (key === 'then' ? then : Reflect.get(target, key)) })
}
