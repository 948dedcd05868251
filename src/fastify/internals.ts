import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { symbolOf } from '../symbol-of.ts'
import type { BootState } from './boot-state.ts'
import { checkRoute, type ErrorHandlerLink, type RouteContext } from './compiled-route.ts'
import { type InstancePart, missingPart, PARTS, type PartName, type ReplyPart } from './parts.ts'
import { type ReplyClass, replySymbols } from './reply-symbols.ts'
import { type SymbolsOf, symbolsOf, valueAt } from './symbols.ts'

/** Fastify's own copy of its options. */
interface ServerOptions {
  https?: object | boolean | null
  http2?: boolean
  frameworkErrors?: (error: unknown, request: FastifyRequest, reply: FastifyReply) => unknown
}

const INSTANCE_PARTS: readonly InstancePart[] = [
  'hooks',
  'children',
  'contentTypeParser',
  'logController',
  'notFoundContext',
  'options',
  'replyClass',
  'serverBindings',
  'state',
]

/** Where `@fastify/cookie` keeps the cookies of a reply: the one part that is looked up in another plugin. */
const COOKIES = 'fastify.reply.setCookies'

/** What is read for each request is read in place: one shared function for all would make V8 search each time. */
type SymbolHolder<T> = Record<symbol, T>

/** A content-type parser. */
type Parse = (
  request: FastifyRequest,
  payload: unknown,
  done: (error?: unknown, body?: unknown) => void,
) => unknown

/**
 * Fastify's private parts, which `parts.ts` lists, as one registered plugin uses them: Fastify has no public way to
 * reach a route that was added before a plugin ran. Every part is looked up when the plugin is registered or when the
 * app becomes ready. A Fastify that misses one is refused then, never discovered on a request.
 */
export class Internals {
  readonly #version: string
  readonly #instance: SymbolsOf<InstancePart>
  readonly #reply: SymbolsOf<ReplyPart>
  readonly #parsers: WeakSet<object> = new WeakSet()
  readonly #cookies: Set<symbol> = new Set()

  /** @throws Error when this version of Fastify misses a part. */
  constructor(app: FastifyInstance) {
    this.#version = app.version
    this.#instance = symbolsOf(app, INSTANCE_PARTS, app.version)
    this.#reply = replySymbols(valueAt<ReplyClass>(app, this.#instance.replyClass), app.version)
  }

  /** The error that says which part this Fastify misses. */
  missing(part: PartName): Error {
    return missingPart(part, this.#version)
  }

  /** The instance and every instance that was made below it so far. */
  instancesOf(app: FastifyInstance): FastifyInstance[] {
    const children = valueAt<FastifyInstance[]>(app, this.#instance.children)
    return [app, ...children.flatMap((child) => this.instancesOf(child))]
  }

  /** The servers of an app that listens: one for each address that its host name has. */
  serversOf(app: FastifyInstance): Set<FastifyInstance['server']> {
    return new Set([app.server, ...valueAt<FastifyInstance['server'][]>(app, this.#instance.serverBindings)])
  }

  /** The `onRequest` hooks of one instance, which its routes take over when the app becomes ready. */
  onRequestHooks(app: FastifyInstance): unknown[] {
    return valueAt<{ onRequest: unknown[] }>(app, this.#instance.hooks).onRequest
  }

  /** The `preClose` hooks of one instance, as its `app.close()` will run them. */
  preCloseHooks<Hook>(app: FastifyInstance): Hook[] {
    return valueAt<{ preClose: Hook[] }>(app, this.#instance.hooks).preClose
  }

  /** What Fastify knows of the boot of an app. */
  stateOf(app: FastifyInstance): BootState {
    return valueAt(app, this.#instance.state)
  }

  /** The prototype of the replies of one instance. */
  replyPrototype(app: FastifyInstance): FastifyReply {
    return valueAt<ReplyClass>(app, this.#instance.replyClass).prototype as FastifyReply
  }

  logController<T extends object>(app: FastifyInstance): T {
    return valueAt<T>(app, this.#instance.logController)
  }

  /** Under which name log lines have the id of their request. */
  requestIdLabel(app: FastifyInstance): string {
    return this.logController<{ requestIdLogLabel?: string }>(app).requestIdLogLabel ?? 'reqId'
  }

  replaceLogController(app: FastifyInstance, controller: object): void {
    ;(app as unknown as Record<symbol, object>)[this.#instance.logController] = controller
  }

  /**
   * The function that makes the request ids of one instance.
   *
   * @throws Error when there is none.
   */
  genReqIdOf(app: FastifyInstance): (raw: FastifyRequest['raw']) => string {
    const { genReqId } = app as unknown as { genReqId: (raw: FastifyRequest['raw']) => string }
    if (!PARTS.genReqId.fits(genReqId)) throw this.missing('genReqId')
    return genReqId
  }

  /**
   * The context that serves the requests of this instance, or of this route, for which there is no route.
   *
   * @throws Error when it is not what it was.
   */
  notFoundContext(holder: object): RouteContext | null | undefined {
    const context = valueAt<RouteContext | null | undefined>(holder, this.#instance.notFoundContext)
    if (context) checkRoute(context, this.#version)
    return context
  }

  /** The options of the whole app, as Fastify itself reads them; undefined for a child. */
  optionsOf(app: FastifyInstance): ServerOptions | undefined {
    const { options } = this.#instance
    return Object.hasOwn(app, options) ? valueAt(app, options) : undefined
  }

  /**
   * Puts a guard around each content-type parser of one instance; children share those of their parents.
   *
   * @throws Error when a parser is not what it was.
   */
  replaceParsers(app: FastifyInstance, guard: (parse: Parse) => Parse): void {
    const own = valueAt<{ customParsers: Map<unknown, { fn: Parse }> }>(app, this.#instance.contentTypeParser)
    for (const parser of own.customParsers.values()) {
      if (this.#parsers.has(parser)) continue
      if (typeof parser.fn !== 'function') throw this.missing('contentTypeParser')
      this.#parsers.add(parser)
      parser.fn = guard(parser.fn)
    }
  }

  /** The headers that were set through `reply.header()`, by lower-case name. */
  headers(reply: FastifyReply): Record<string, unknown> {
    return (reply as unknown as SymbolHolder<Record<string, unknown>>)[this.#reply.headers] as never
  }

  replaceHeaders(reply: FastifyReply, headers: Record<string, unknown>): void {
    ;(reply as unknown as Record<symbol, unknown>)[this.#reply.headers] = headers
  }

  /** The compiled route of a request. */
  routeOf(request: FastifyRequest): RouteContext {
    return (request as unknown as SymbolHolder<RouteContext>)[this.#reply.route] as never
  }

  /** Looks up where the replies of an instance keep the cookies that `@fastify/cookie` writes, if it is there. */
  findCookies(app: FastifyInstance): void {
    const Reply = valueAt<ReplyClass>(app, this.#instance.replyClass)
    const symbol = symbolOf(new Reply({}, {}, {}), COOKIES)
    if (symbol !== undefined) this.#cookies.add(symbol)
  }

  /** Forgets the cookies that `@fastify/cookie` would write in its `onSend` hook. */
  forgetCookies(reply: FastifyReply): void {
    if (this.#cookies.size === 0) return
    for (const symbol of this.#cookies) {
      const cookies = valueAt<unknown>(reply, symbol)
      if (cookies instanceof Map) cookies.clear()
    }
  }

  dropTrailers(reply: FastifyReply): void {
    ;(reply as unknown as Record<symbol, unknown>)[this.#reply.trailers] = null
  }

  /** Says that what is sent next is an error, whatever it is. */
  markAsError(reply: FastifyReply): void {
    ;(reply as unknown as Record<symbol, unknown>)[this.#reply.isError] = true
  }

  /** Takes that back. */
  unmarkAsError(reply: FastifyReply): void {
    ;(reply as unknown as Record<symbol, unknown>)[this.#reply.isError] = false
  }

  isMarkedAsError(reply: FastifyReply): boolean {
    return (reply as unknown as SymbolHolder<boolean>)[this.#reply.isError] === true
  }

  /** Whether one more error of a reply would be written by Fastify itself, message and all. */
  hasNoErrorHandlerLeft(reply: FastifyReply): boolean {
    return valueAt<unknown>(reply, this.#reply.nextErrorHandler) === false
  }

  /** Says who gets the next error of a reply whose error handler runs now. */
  setNextErrorHandler(reply: FastifyReply, link: ErrorHandlerLink): void {
    ;(reply as unknown as Record<symbol, unknown>)[this.#reply.nextErrorHandler] = link
  }
}
