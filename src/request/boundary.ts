import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { ResolvedOptions } from '../resolve-options.ts'
import { resolveRouteOptions } from '../resolve-options.ts'
import { leaveTrail } from './attribution.ts'
import { carried } from './carried.ts'
import { attach, CONTEXT, OPTED_OUT, RequestContext, requestStorage } from './context.ts'
import { isCoveredElsewhere, isDetached, isWithin, uncoveredError } from './coverage.ts'
import { EarlyErrors, guardRequestIds } from './early-errors.ts'
import { withRootHandler } from './error-chain.ts'
import { guardEntrance, guardFrameworkErrors, type House } from './front-door.ts'
import { guardParser } from './guard-parser.ts'
import { guardRoute } from './guard-route.ts'
import type { GuardedRoute } from './guarded-route.ts'
import type { ErrorHandlerLink, Internals, RouteContext } from './internals.ts'
import type { Judge } from './judge.ts'
import { controllerOver } from './log-controller.ts'
import { closeWithConnection } from './queued-responses.ts'
import { followSends } from './sends.ts'

/** Where a compiled route keeps its options; a context derived from it (404) inherits them. */
const GUARDED: unique symbol = Symbol.for('fastify-isolate.guarded') as never

interface Compiled extends RouteContext {
  [GUARDED]?: GuardedRoute | false
}

/** What the boundary tells about the requests that pass it. */
export interface Traffic {
  /** Whether new requests are turned away now, and then answers this one. */
  turnAway: ((request: FastifyRequest, reply: FastifyReply) => boolean) | undefined
  arrived(context: RequestContext): void
  left(context: RequestContext): void
}

/**
 * Encloses every route of an app, whatever the order of registration. The hook that gives a request its context
 * is put first into every instance that exists when the plugin loads; instances made later inherit it. Once the
 * app is ready every compiled route is visited, checked, and its handler, hooks and error handlers are guarded.
 */
export class Boundary {
  readonly internals: Internals
  /** Whether any route keeps an asynchronous context; known once the routes are enclosed. */
  keepsContexts = false
  readonly #app: FastifyInstance
  readonly #options: ResolvedOptions
  readonly judge: Judge
  readonly #traffic: Traffic
  readonly early: EarlyErrors = new EarlyErrors()
  #guardServers: () => void = () => {}
  readonly #optedOut: WeakSet<object> = new WeakSet()
  readonly enter: (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void

  constructor(
    app: FastifyInstance,
    internals: Internals,
    options: ResolvedOptions,
    judge: Judge,
    traffic: Traffic,
  ) {
    this.internals = internals
    this.#app = app
    this.#options = options
    this.judge = judge
    this.#traffic = traffic
    this.enter = this.#makeEnter()
  }

  /** Runs when the plugin loads: before any route is compiled. */
  install(): void {
    const { internals } = this
    const app = this.#app
    for (const instance of internals.instancesOf(app)) internals.onRequestHooks(instance).unshift(this.enter)
    app.decorateRequest(CONTEXT as unknown as string, null)
    // a reply class that nothing decorates is replaced by the one that all apps of the process share
    app.decorateReply(CONTEXT as unknown as string, null)
    followSends(app, internals, this.judge)
    app.addHook('onListen', (done) => {
      this.#guardServers() // a host name with several addresses has a server for each
      done()
    })
    const controller = internals.logController(app)
    internals.replaceLogController(app, controllerOver(controller, this.judge, this.early))
  }

  /**
   * Runs when every route is compiled.
   *
   * @throws Error that names the routes which are not covered, or whose `config.isolate` is wrong.
   */
  enclose(): void {
    const { internals } = this
    const app = this.#app
    const instances = internals.instancesOf(app)
    guardRequestIds(instances, internals, this.early)
    for (const instance of instances)
      internals.replaceParsers(instance, (parse) => guardParser(parse, this.judge))
    const uncovered: string[] = []
    const routes = internals.routes(app)
    for (const { method, path, context } of routes) {
      const label = `${method} ${path}`
      if (isWithin(app, context.server)) this.#encloseRoute(context, label)
      if (!Object.hasOwn(context, GUARDED) && !isCoveredElsewhere(context)) uncovered.push(label)
    }
    for (const instance of instances) {
      const context = internals.notFoundContext(instance)
      if (context && isWithin(app, context.server)) this.#encloseRoute(context, '404 handler', true)
    }
    for (const { context } of routes) {
      const copy = internals.notFoundContext(context) as Compiled | null | undefined
      if (copy && isDetached(copy) && isWithin(app, copy.server))
        this.#encloseRoute(copy, '404 handler', true)
    }
    if (uncovered.length > 0) throw uncoveredError(uncovered)
    if (Object.hasOwn(app, 'routing')) this.#guardFront()
  }

  /** What comes before every route belongs to the root instance. */
  #guardFront(): void {
    const app = this.#app
    const options = { ...this.#options, owner: this.#traffic, is404: true }
    const enclose = (route: Compiled): void => {
      if (Object.hasOwn(route, GUARDED)) return
      route[GUARDED] = options
      guardRoute(route, this)
    }
    const house: House = {
      judge: this.judge,
      internals: this.internals,
      enter: this.enter,
      options,
      enclose,
      optedOut: this.#optedOut,
    }
    guardFrameworkErrors(app, house)
    this.#guardServers = () => {
      for (const server of this.internals.serversOf(app)) guardEntrance(server, app, house)
    }
    this.#guardServers()
  }

  #encloseRoute(context: Compiled, label: string, is404 = false): void {
    if (Object.hasOwn(context, GUARDED)) return
    const override = resolveRouteOptions(context.config?.isolate, label)
    const { errorHandler } = this.#options
    if (errorHandler !== undefined) {
      const bound = errorHandler.bind(context.server) as NonNullable<ErrorHandlerLink['func']>
      context.errorHandler = withRootHandler(context.errorHandler, bound)
    }
    if (override === false) {
      context[GUARDED] = false
      return
    }
    // a request comes to a detached copy through the hooks of its route
    if (!context.onRequest?.includes(this.enter) && !isDetached(context)) return
    const { classify, expected, answer, expose, escapes, grace } = this.#options
    const owner = this.#traffic
    context[GUARDED] = { classify, expected, answer, expose, escapes, grace, ...override, owner, is404 }
    this.keepsContexts ||= context[GUARDED].escapes
    guardRoute(context, this)
  }

  #makeEnter(): (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void {
    const { internals } = this
    const traffic = this.#traffic
    const early = this.early
    const keepsContext = this.#options.escapes
    const optedOut = this.#optedOut
    const onClose = function onClose(this: object): void {
      const context = (this as { [CONTEXT]: RequestContext })[CONTEXT]
      traffic.left(context)
      context.release()
    }
    const enter = function enterIsolation(
      request: FastifyRequest,
      reply: FastifyReply,
      done: HookHandlerDoneFunction,
    ): void {
      const route = (internals.routeOf(request) as Compiled)[GUARDED]
      if (traffic.turnAway?.(request, reply)) return
      const failure = early.any ? early.take(request.raw) : undefined
      if (!route) {
        optedOut.add(reply.raw)
        const next = () => done(failure?.error as Error | undefined)
        if (route === false && keepsContext) requestStorage.run(OPTED_OUT, next)
        else next()
        return
      }
      const context = new RequestContext(request, reply, route)
      attach(context, request)
      attach(context, reply.raw)
      if (route.escapes) leaveTrail(context, request.raw)
      traffic.arrived(context)
      reply.raw.on('close', onClose)
      if (reply.raw.socket === null) closeWithConnection(request.raw.socket, reply.raw, onClose)
      const next = failure === undefined ? done : () => done(carried(failure.error) as Error)
      if (route.escapes) requestStorage.run(context, next)
      else if (keepsContext) requestStorage.run(OPTED_OUT, next)
      else next()
    }
    // Fastify binds hooks to their instance; one and the same function shows which routes are covered
    enter.bind = (() => enter) as never
    return enter
  }
}
