import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { symbolOf } from '../symbol-of.ts'
import type { ErrorHandlerLink, RouteContext } from './compiled-route.ts'
import { type SymbolsOf, symbolsOf } from './symbols.ts'

/**
 * The only file that touches Fastify's private symbols. Fastify has no public way to reach a route that was
 * added before a plugin ran, and silent non-coverage would be a security bug. Every symbol is looked up when
 * the plugin is registered: a Fastify that misses one is refused at boot, never discovered on a request.
 */

/** Fastify's own copy of its options. */
interface ServerOptions {
  frameworkErrors?: (error: unknown, request: FastifyRequest, reply: FastifyReply) => unknown
}

/** The names of Fastify's symbols, as far as this plugin needs them. */
const INSTANCE_SYMBOLS = {
  hooks: 'fastify.hooks',
  children: 'fastify.children',
  logController: 'fastify.logController',
  genReqId: 'fastify.genReqId',
  reply: 'fastify.Reply',
} as const

const HANDLED_SYMBOLS = {
  headers: 'fastify.reply.headers',
  isError: 'fastify.reply.isError',
  trailers: 'fastify.reply.trailers',
  route: 'fastify.context',
} as const

/** A content-type parser. */
type Parse = (
  request: FastifyRequest,
  payload: unknown,
  done: (error?: unknown, body?: unknown) => void,
) => unknown

/** Stands for a symbol that is not there. */
const NONE: unique symbol = Symbol('none')

type ReplyClass = new (res: object, request: object, log: object) => FastifyReply

/** Fastify's private parts, as one registered plugin uses them. */
export class Internals {
  readonly #instance: SymbolsOf<typeof INSTANCE_SYMBOLS>
  readonly #reply: SymbolsOf<typeof HANDLED_SYMBOLS>
  readonly #parsers: WeakSet<object> = new WeakSet()
  /** By the prototype of replies: each instance's replies have decorators of their own. */
  readonly #cookies: WeakMap<object, symbol> = new WeakMap()
  #nextErrorHandler: symbol | undefined

  /** @throws Error when this version of Fastify misses one of the symbols. */
  constructor(app: FastifyInstance) {
    this.#instance = symbolsOf(app, INSTANCE_SYMBOLS)
    const Reply = this.#of<ReplyClass>(app, this.#instance.reply)
    this.#reply = symbolsOf(new Reply({}, {}, {}), HANDLED_SYMBOLS)
  }

  #of<T>(target: object, symbol: symbol): T {
    return (target as Record<symbol, T>)[symbol] as T
  }

  /** The instance and every instance that was made below it so far. */
  instancesOf(app: FastifyInstance): FastifyInstance[] {
    const children = this.#of<FastifyInstance[]>(app, this.#instance.children)
    return [app, ...children.flatMap((child) => this.instancesOf(child))]
  }

  /** The servers of an app that listens: one for each address that its host name has. */
  serversOf(app: FastifyInstance): Set<FastifyInstance['server']> {
    const symbol = symbolOf(app, 'fastify.serverBindings')
    const bindings = symbol === undefined ? [] : this.#of<FastifyInstance['server'][]>(app, symbol)
    return new Set([app.server, ...bindings])
  }

  /** The `onRequest` hooks of one instance, which its routes take over when the app becomes ready. */
  onRequestHooks(app: FastifyInstance): unknown[] {
    return this.#of<{ onRequest: unknown[] }>(app, this.#instance.hooks).onRequest
  }

  /** The `preClose` hooks of one instance, as its `app.close()` will run them. */
  preCloseHooks<Hook>(app: FastifyInstance): Hook[] {
    return this.#of<{ preClose: Hook[] }>(app, this.#instance.hooks).preClose
  }

  /** The prototype of the replies of one instance. */
  replyPrototype(app: FastifyInstance): FastifyReply {
    return this.#of<ReplyClass>(app, this.#instance.reply).prototype as FastifyReply
  }

  logController<T extends object>(app: FastifyInstance): T {
    return this.#of<T>(app, this.#instance.logController)
  }

  /** Under which name log lines have the id of their request. */
  requestIdLabel(app: FastifyInstance): string {
    return this.logController<{ requestIdLogLabel?: string }>(app).requestIdLogLabel ?? 'reqId'
  }

  replaceLogController(app: FastifyInstance, controller: object): void {
    ;(app as unknown as Record<symbol, object>)[this.#instance.logController] = controller
  }

  /** The function that makes request ids for one instance, where it has one of its own. */
  ownGenReqId(app: FastifyInstance): ((req: object) => string) | undefined {
    return Object.hasOwn(app, this.#instance.genReqId) ? this.#of(app, this.#instance.genReqId) : undefined
  }

  replaceGenReqId(app: FastifyInstance, generate: (req: object) => string): void {
    ;(app as unknown as Record<symbol, unknown>)[this.#instance.genReqId] = generate
  }

  /** The context that serves the requests of this instance, or of this route, for which there is no route. */
  notFoundContext(app: object): RouteContext | null | undefined {
    const symbol = symbolOf(app, 'fastify.404ContextKey')
    return symbol === undefined ? undefined : this.#of(app, symbol)
  }

  /** The options of the whole app, as Fastify itself reads them; undefined for a child. */
  optionsOf(app: FastifyInstance): ServerOptions | undefined {
    const symbol = symbolOf(app, 'fastify.options')
    return symbol === undefined || !Object.hasOwn(app, symbol) ? undefined : this.#of(app, symbol)
  }

  /** Puts a guard around each content-type parser of one instance; children share those of their parents. */
  replaceParsers(app: FastifyInstance, guard: (parse: Parse) => Parse): void {
    const symbol = symbolOf(app, 'fastify.contentTypeParser')
    const own = symbol && this.#of<{ customParsers?: Map<unknown, { fn: Parse }> }>(app, symbol)
    for (const parser of own?.customParsers?.values() ?? []) {
      if (this.#parsers.has(parser)) continue
      this.#parsers.add(parser)
      parser.fn = guard(parser.fn)
    }
  }

  /** The headers that were set through `reply.header()`, by lower-case name. */
  headers(reply: FastifyReply): Record<string, unknown> {
    return this.#of(reply, this.#reply.headers)
  }

  replaceHeaders(reply: FastifyReply, headers: Record<string, unknown>): void {
    ;(reply as unknown as Record<symbol, unknown>)[this.#reply.headers] = headers
  }

  /** The compiled route of a request. */
  routeOf(request: FastifyRequest): RouteContext {
    return this.#of(request, this.#reply.route)
  }

  /** Forgets the cookies that `@fastify/cookie` would write in its `onSend` hook. */
  forgetCookies(reply: FastifyReply): void {
    const kind = Object.getPrototypeOf(reply) as object
    let symbol = this.#cookies.get(kind)
    if (symbol === undefined) {
      symbol = symbolOf(reply, 'fastify.reply.setCookies') ?? NONE
      this.#cookies.set(kind, symbol)
    }
    const cookies = this.#of<unknown>(reply, symbol)
    if (cookies instanceof Map) cookies.clear()
  }

  dropTrailers(reply: FastifyReply): void {
    ;(reply as unknown as Record<symbol, unknown>)[this.#reply.trailers] = null
  }

  isMarkedAsError(reply: FastifyReply): boolean {
    return this.#of<boolean>(reply, this.#reply.isError) === true
  }

  /** Whether one more error of a reply would be written by Fastify itself, message and all. */
  hasNoErrorHandlerLeft(reply: FastifyReply): boolean {
    return this.#nextErrorHandler !== undefined && this.#of<unknown>(reply, this.#nextErrorHandler) === false
  }

  /** Says who gets the next error of a reply whose error handler runs now. */
  setNextErrorHandler(reply: FastifyReply, link: ErrorHandlerLink): void {
    this.#nextErrorHandler ??= symbolOf(reply, 'fastify.reply.nextErrorHandler')
    if (this.#nextErrorHandler !== undefined) {
      ;(reply as unknown as Record<symbol, unknown>)[this.#nextErrorHandler] = link
    }
  }

  /**
   * The context of every route, in the order of the routing tree. `printRoutes()` asks its options for a
   * `buildPrettyMeta` and calls it with each route and its context: the one public call that visits them all.
   */
  routes(app: FastifyInstance): { method: string; path: string; context: RouteContext }[] {
    const found = new Map<RouteContext, { method: string; path: string; context: RouteContext }>()
    const collect = (route: { method: string; path: string; store: RouteContext | null }): object => {
      const { store: context, method, path } = route
      if (context) {
        const seen = found.get(context)
        found.set(context, { method: seen ? `${seen.method},${method}` : method, path, context })
      }
      return {}
    }
    const options = {
      includeMeta: [],
      get buildPrettyMeta() {
        return collect
      },
      set buildPrettyMeta(_ours: unknown) {},
    }
    app.printRoutes(options as unknown as Parameters<FastifyInstance['printRoutes']>[0])
    return [...found.values()]
  }
}
