import { type ErrorHandlerLink, isDetached, replaceValidators } from '../fastify/compiled-route.ts'
import type { Internals } from '../fastify/internals.ts'
import { routesOf } from '../fastify/routes.ts'
import { ownProperty } from '../fault/thrown.ts'
import { guardRequestIds } from '../guards/before-hooks.ts'
import { COVERED, type CompiledRoute, coverWith, type Enter, makeEnter } from '../guards/enter.ts'
import { withRootHandler } from '../guards/error-handlers.ts'
import { Guards } from '../guards/guards.ts'
import { guardLogController } from '../guards/log-controller.ts'
import { guardParser } from '../guards/parser.ts'
import { guardReplyFrom } from '../guards/reply-from.ts'
import { guardRoute } from '../guards/route.ts'
import { guardSend, guardTrailers } from '../guards/send.ts'
import type { IsolatedApp } from '../isolated-app.ts'
import { resolveRouteOptions, routeOptions } from '../options/resolve.ts'
import type { CoveredRoute } from '../request/context.ts'
import { LongestAnswer } from '../request/longest-answer.ts'
import { ServerListeners } from '../server/listeners.ts'
import { RawContexts } from '../server/raw-contexts.ts'
import { watchValidator } from '../triage/watch-validator.ts'
import { BeforeRouting } from './before-routing.ts'
import { isCoveredElsewhere, isWithin, uncoveredError } from './uncovered.ts'

/** A decorator of replies that nobody reads. */
const DECORATED = Symbol('fastify-isolate.decorated')

/**
 * Covers every route of an app, whatever the order of registration. The hook that gives a request its context
 * is put first into every instance that exists when the plugin loads; instances made later inherit it. Once the
 * app is ready every compiled route is visited, checked, and its handler, hooks and error handlers are guarded.
 */
export class AppCoverage {
  /** Whether any route keeps an asynchronous context; known once the routes are covered. */
  keepsContexts = false
  /** The routes that are covered, each once. */
  readonly covered: CoveredRoute[] = []
  readonly #app: IsolatedApp
  readonly #internals: Internals
  readonly #guards: Guards
  readonly #enter: Enter
  #guardServers: () => void = () => {}

  constructor(app: IsolatedApp, internals: Internals) {
    this.#app = app
    this.#internals = internals
    this.#guards = new Guards(app, internals)
    this.#enter = makeEnter(this.#guards)
  }

  /** Runs when the plugin loads: before any route is compiled. */
  addHooks(): void {
    const internals = this.#internals
    const { fastify } = this.#app
    for (const instance of internals.instancesOf(fastify)) {
      internals.onRequestHooks(instance).unshift(this.#enter)
    }
    // a reply class that nothing decorates is replaced by the one that all apps of the process share
    fastify.decorateReply(DECORATED as unknown as string, { getter: () => true })
    guardSend(fastify, this.#guards)
    guardTrailers(fastify, this.#guards)
    guardRequestIds(internals.instancesOf(fastify), this.#guards)
    fastify.addHook('onListen', (done) => {
      this.#guardServers() // a host name with several addresses has a server for each
      done()
    })
    const controller = internals.logController(fastify)
    internals.replaceLogController(fastify, guardLogController(controller, this.#guards))
  }

  /**
   * Runs when every route is compiled.
   *
   * @throws Error that names the routes which are not covered, or whose `config.isolate` is wrong, or the part of
   *   Fastify without which it is not known what to cover.
   */
  coverRoutes(): void {
    const internals = this.#internals
    const { fastify } = this.#app
    const instances = internals.instancesOf(fastify)
    for (const instance of instances) {
      internals.findCookies(instance)
      internals.replaceParsers(instance, (parse) => guardParser(parse, this.#guards))
      guardReplyFrom(instance, this.#guards)
    }
    const routes = routesOf(fastify)
    const uncovered: string[] = []
    for (const { method, path, context } of routes) {
      const label = `${method} ${path}`
      if (isWithin(fastify, context.server)) {
        this.#coverRoute(context, label)
        if (!Object.hasOwn(context, COVERED)) throw internals.missing('routeHooks')
      } else if (!isCoveredElsewhere(context)) uncovered.push(label)
    }
    for (const instance of instances) {
      const context = internals.notFoundContext(instance)
      if (!context) throw internals.missing('notFoundContext')
      this.#coverNotFound(context, () => true)
    }
    for (const { context } of routes) this.#coverNotFound(internals.notFoundContext(context), isDetached)
    if (uncovered.length > 0) throw uncoveredError(uncovered)
    if (Object.hasOwn(fastify, 'routing')) this.#coverBeforeRouting()
  }

  /** Covers a handler of requests for which there is no route: that of an instance, or a route's copy of it. */
  #coverNotFound(
    context: CompiledRoute | null | undefined,
    isOwn: (context: CompiledRoute) => boolean,
  ): void {
    if (!context || !isOwn(context) || !isWithin(this.#app.fastify, context.server)) return
    this.#coverRoute(context, '404 handler', true)
    if (!Object.hasOwn(context, COVERED)) throw this.#internals.missing('routeHooks')
  }

  /** What comes before every route belongs to the root instance. */
  #coverBeforeRouting(): void {
    const contexts = new RawContexts(this.#app, this.#internals)
    const beforeRouting = new BeforeRouting(this.#guards, this.#enter, contexts)
    const listeners = new ServerListeners(this.#guards, contexts)
    this.#guards.dispatch.keepsContexts = this.keepsContexts
    beforeRouting.guardFrameworkErrors()
    beforeRouting.guardRouting()
    this.#guardServers = () => {
      for (const server of this.#internals.serversOf(this.#app.fastify)) {
        beforeRouting.guardServer(server)
        listeners.guard(server)
      }
    }
    this.#guardServers()
  }

  #coverRoute(context: CompiledRoute, label: string, is404 = false): void {
    if (Object.hasOwn(context, COVERED)) return
    const override = resolveRouteOptions(ownProperty(context.config, 'isolate'), label)
    const { errorHandler } = this.#app.options
    if (errorHandler !== undefined) {
      const bound = errorHandler.bind(context.server) as NonNullable<ErrorHandlerLink['func']>
      context.errorHandler = withRootHandler(context.errorHandler, bound)
    }
    if (override === false) {
      coverWith(context, false)
      return
    }
    // a request comes to a detached copy through the hooks of its route
    if (!context.onRequest?.includes(this.#enter) && !isDetached(context)) return
    const pattern = is404 ? undefined : context.config.url
    const options = routeOptions(this.#app.options, override)
    const health = this.#app.sickWatch.addRoute()
    const index = this.covered.length
    const methods = is404 ? [] : label.slice(0, label.indexOf(' ')).split(',')
    const { lines } = this.#app
    const own = { longestAnswer: new LongestAnswer(), lines, health, gate: undefined }
    const route: CoveredRoute = { ...options, app: this.#app, pattern, methods, index, ...own }
    coverWith(context, route)
    this.covered.push(route)
    this.keepsContexts ||= options.escapes
    // Fastify compiles no schema of a 404 handler
    if (!is404) replaceValidators(context, watchValidator, this.#app.fastify.version)
    guardRoute(context, this.#guards, this.#enter)
  }
}
