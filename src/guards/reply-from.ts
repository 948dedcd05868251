import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { answerRaw } from '../answer/raw.ts'
import { asError } from '../fastify/as-error.ts'
import { readProperty } from '../fault/thrown.ts'
import { isThenable } from '../is-thenable.ts'
import { isOutside, requestStorage } from '../request/async-context.ts'
import { NO_STATUS, type RequestContext } from '../request/context.ts'
import { contextOf } from '../request/context-slot.ts'
import { dropBody } from './drop-body.ts'
import type { Guards } from './guards.ts'
import { isAnswered } from './stage.ts'

/** The options of `reply.from()` that are called when the upstream has answered or failed. */
interface FromOptions {
  readonly onResponse?: (request: FastifyRequest, reply: FastifyReply, response: object) => unknown
  readonly onError?: (reply: FastifyReply, failure: { error: Error }) => unknown
  readonly rewriteHeaders?: (headers: object, request: FastifyRequest) => object
  readonly retryDelay?: (details: object) => number | null
}

type From = (this: FastifyReply, source?: string, options?: FromOptions) => FastifyReply

const guarded: WeakSet<From> = new WeakSet()

/**
 * Guards the callbacks of `@fastify/reply-from`, and so of `@fastify/http-proxy`. An HTTP client calls them from a
 * connection that another request has opened, whose error it would be that they throw. It is handled as if the handler
 * had thrown it.
 *
 * @param app An instance that may have `reply.from()`. Called again, it does nothing.
 */
export function guardReplyFrom(app: FastifyInstance, guards: Guards): void {
  const prototype = guards.internals.replyPrototype(app) as unknown as { from: From }
  const { from } = prototype
  if (!app.hasPlugin('@fastify/reply-from') || typeof from !== 'function' || guarded.has(from)) return
  prototype.from = function guardedFrom(this: FastifyReply, source?: string, options?: FromOptions) {
    const context = contextOf(this.request)
    if (context === undefined || !options) return from.call(this, source, options)
    return from.call(this, source, new ProxiedRequest(context, this, guards).guard(options))
  }
  guarded.add(prototype.from)
}

/** One call of `reply.from()`. */
class ProxiedRequest {
  readonly #context: RequestContext
  readonly #reply: FastifyReply
  readonly #guards: Guards
  /** What a callback has thrown whose result the plugin goes on with: it is answered by the next one. */
  #failure: { readonly error: unknown } | undefined

  constructor(context: RequestContext, reply: FastifyReply, guards: Guards) {
    this.#context = context
    this.#reply = reply
    this.#guards = guards
  }

  /** Returns the options with guarded callbacks. */
  guard(options: FromOptions): FromOptions {
    const { onResponse, onError, rewriteHeaders, retryDelay } = options
    if (!onResponse && !onError && !rewriteHeaders && !retryDelay) return options
    return {
      ...options,
      onResponse: (request, reply, response) => {
        const { statusCode } = reply
        this.#call(
          () => (onResponse ? onResponse(request, reply, response) : reply.send(streamOf(response))),
          (error) => this.#failResponse(error, response, statusCode),
        )
      },
      onError: (reply, failure) => {
        this.#call(
          () => (onError ? onError(reply, failure) : reply.send(failure.error)),
          (error) => this.#fail(error),
        )
      },
      ...(rewriteHeaders && {
        rewriteHeaders: (headers, request) =>
          this.#resultOf(() => {
            const rewritten = rewriteHeaders(headers, request)
            Object.keys(rewritten) // the plugin calls it too, and would throw where nothing was returned
            return rewritten
          }, {}),
      }),
      ...(retryDelay && { retryDelay: (details) => this.#resultOf(() => retryDelay(details), null) }),
    }
  }

  /** Calls a callback that has to answer, unless one before it has failed. */
  #call(callback: () => unknown, fail: (error: unknown) => void): void {
    if (this.#failure !== undefined) {
      fail(this.#failure.error)
      return
    }
    try {
      const result = this.#within(callback)
      if (isThenable(result) && (result as unknown) !== this.#reply) result.then(undefined, fail)
    } catch (error) {
      fail(error)
    }
  }

  /** Calls a callback whose result the plugin needs. It would go on with `otherwise` and the next callback. */
  #resultOf<T>(callback: () => T, otherwise: T): T {
    try {
      return this.#within(callback)
    } catch (error) {
      // of an aborted request there is no next one
      if (this.#reply.request.raw.aborted) this.#guards.triage.recordDropped(this.#context, error, 'handler')
      else this.#failure ??= { error }
      return otherwise
    }
  }

  /** Calls a callback in the context of the request: a client of HTTP/2 calls it in that which opened the connection. */
  #within<T>(callback: () => T): T {
    return isOutside(this.#context) ? requestStorage.run(this.#context.stored, callback) : callback()
  }

  /** @param statusBefore That of the upstream, which says nothing of the error. */
  #failResponse(error: unknown, response: object, statusBefore: number): void {
    if (!isAnswered(this.#context, this.#reply)) dropBody(streamOf(response))
    this.#fail(error, statusBefore)
  }

  /** Never throws: it would throw into the HTTP client. */
  #fail(error: unknown, statusBefore?: number): void {
    const reply = this.#reply
    const context = this.#context
    try {
      if (this.#guards.inHandler.takes(context, reply, error)) return
      if (reply.statusCode === statusBefore) context.statusAtError = NO_STATUS
      reply.send(asError(error))
    } catch {
      answerRaw(reply)
    }
  }
}

/** Before version 11 the plugin passed the stream itself. */
function streamOf(response: object): unknown {
  return readProperty(response, 'stream') ?? response
}
