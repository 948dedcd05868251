import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ResolvedOptions } from '../options/resolve.ts'
import { resolveRouteOptions } from '../options/resolve.ts'
import { type ErrorHandlerLink, isDetached } from '../fastify/compiled-route.ts'
import { CONTEXT, contextOf } from '../request/context.ts'
import { isCoveredElsewhere, isWithin, uncoveredError } from './uncovered.ts'
import { Dispatch } from '../request/async-context.ts'
import { guardRequestIds } from '../guards/before-hooks.ts'
import { EarlyErrors } from '../request/early-errors.ts'
import { type Compiled, type Enter, GUARDED, makeEnter, type Traffic } from '../request/enter.ts'
import { withRootHandler } from '../guards/error-handlers.ts'
import { guardEntrance, guardFrameworkErrors, type House } from './before-routing.ts'
import { guardParser } from '../guards/parser.ts'
import { guardRoute } from '../guards/route.ts'
import type { Internals } from '../fastify/internals.ts'
import type { Triage } from '../triage/triage.ts'
import { controllerOver } from '../guards/log-controller.ts'
import { followSends } from '../guards/send.ts'

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
  readonly triage: Triage
  readonly #traffic: Traffic
  readonly early: EarlyErrors = new EarlyErrors()
  #guardServers: () => void = () => {}
  readonly #optedOut: WeakSet<object> = new WeakSet()
  readonly #dispatch: Dispatch = new Dispatch()
  readonly enter: Enter

  constructor(
    app: FastifyInstance,
    internals: Internals,
    options: ResolvedOptions,
    triage: Triage,
    traffic: Traffic,
  ) {
    this.internals = internals
    this.#app = app
    this.#options = options
    this.triage = triage
    this.#traffic = traffic
    this.enter = makeEnter({
      internals,
      traffic,
      early: this.early,
      dispatch: this.#dispatch,
      optedOut: this.#optedOut,
      keepsContexts: options.escapes,
    })
  }

  /** Runs when the plugin loads: before any route is compiled. */
  install(): void {
    const { internals } = this
    const app = this.#app
    for (const instance of internals.instancesOf(app)) internals.onRequestHooks(instance).unshift(this.enter)
    // a reply class that nothing decorates is replaced by the one that all apps of the process share
    app.decorateReply(CONTEXT as unknown as string, {
      getter(this: FastifyReply) {
        return contextOf(this.request)
      },
    })
    followSends(app, internals, this.triage)
    app.addHook('onListen', (done) => {
      this.#guardServers() // a host name with several addresses has a server for each
      done()
    })
    const controller = internals.logController(app)
    internals.replaceLogController(app, controllerOver(controller, this.triage, this.early))
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
      internals.replaceParsers(instance, (parse) => guardParser(parse, this.triage))
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
    const options = { ...this.#options, owner: this.#traffic, pattern: undefined }
    const enclose = (route: Compiled): void => {
      if (Object.hasOwn(route, GUARDED)) return
      route[GUARDED] = options
      guardRoute(route, this)
    }
    const house: House = {
      triage: this.triage,
      internals: this.internals,
      enter: this.enter,
      options,
      enclose,
      optedOut: this.#optedOut,
      dispatch: this.#dispatch,
    }
    this.#dispatch.keepsContexts = this.keepsContexts
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
    const pattern = is404 ? undefined : context.config.url
    context[GUARDED] = { classify, expected, answer, expose, escapes, grace, ...override, owner, pattern }
    this.keepsContexts ||= context[GUARDED].escapes
    guardRoute(context, this)
  }
}
