import type { FastifyInstance, FastifyPluginCallback } from 'fastify'
import fp from 'fastify-plugin'
import { Boundary } from './coverage/cover-app.ts'
import { reside } from './drain/app.ts'
import { Escapes } from './escapes/escapes.ts'
import { Internals } from './fastify/internals.ts'
import { Isolation } from './isolation.ts'
import { prepareLastLogger } from './log/stderr.ts'
import type { IsolateOptions, RouteIsolateOptions } from './options/options.ts'
import { resolveOptions } from './options/resolve.ts'
import { Triage } from './triage/triage.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What `fastify-isolate` knows and can be told. */
    isolation: Isolation
  }

  interface FastifyContextConfig {
    /** `false` leaves the route to bare Fastify; an object overrides the options of `isolate()` for it. */
    isolate?: boolean | RouteIsolateOptions
  }
}

function install(app: FastifyInstance, given: IsolateOptions): void {
  if (app.hasDecorator('isolation')) {
    throw new Error(
      'isolate() is registered already on this Fastify instance or on one above it. Register it once, on the ' +
        'outermost instance that it shall cover.',
    )
  }
  const options = resolveOptions(given)
  const internals = new Internals(app)
  if (internals.instancesOf(app).some((instance) => instance.hasDecorator('isolation'))) {
    throw new Error(
      'isolate() is registered already on a child of this Fastify instance. Register it once, on the outermost ' +
        'instance that it shall cover.',
    )
  }
  const isolation = new Isolation(app, options)
  app.decorate('isolation', isolation)
  const boundary = new Boundary(app, internals, options, new Triage(isolation, internals), isolation)
  boundary.install()
  isolation.leaveThrough(reside(app, isolation, internals, options.leave))
  app.addHook('onReady', (done) => {
    boundary.enclose()
    done()
  })
  app.addHook('onListen', (done) => {
    setImmediate(prepareLastLogger)
    done()
  })
  new Escapes(app, internals, isolation).install(options.escapes, () => boundary.keepsContexts)
  app.addHook('onClose', (_app, done) => {
    isolation.endStorm()
    done()
  })
}

/** Fastify lets what a plugin with a callback throws escape to the process; what it calls back rejects `ready()`. */
function tryInstall(app: FastifyInstance, options: IsolateOptions, done: (error?: Error) => void): void {
  try {
    install(app, options)
  } catch (error) {
    done(error as Error)
    return
  }
  done()
}

type Plugin = FastifyPluginCallback<IsolateOptions>

/** What the type of a plugin needs to be registered, and to be called for a plugin. */
export interface Isolate extends Plugin {
  /**
   * Makes the plugin with its options: `app.register(isolate({ grace: 500 }))`.
   *
   * @throws {TypeError} When it is registered: `FST_ISOLATE_BAD_OPTION` for a wrong option.
   */
  (options?: IsolateOptions): Plugin
}

/** Options that belong to `register()` itself, whichever plugin gets them. */
const OF_REGISTER: ReadonlySet<string> = new Set(['prefix', 'logLevel', 'logSerializers'])

function withoutRegisterOptions(options: IsolateOptions): IsolateOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !OF_REGISTER.has(name)))
}

/** `fastify-plugin` does not encapsulate: the plugin covers the instance that it is registered on. */
const META = { name: 'fastify-isolate', fastify: '>=5.11.2' }

function isolateOrPlugin(...args: unknown[]): unknown {
  if (args.length >= 2) {
    const [app, options, done] = args as Parameters<Plugin>
    tryInstall(app, withoutRegisterOptions(options), done)
    return undefined
  }
  const [options] = args as [IsolateOptions?]
  const plugin: Plugin = (app, _options, done) => {
    tryInstall(app, options as IsolateOptions, done)
  }
  return fp(plugin, META)
}

/**
 * Contains every error of a request to that request: logged once, answered with a masked 500, while every other
 * request goes on. Register it on the root instance, before or after the routes: `app.register(isolate())`, or
 * `app.register(isolate, options)`.
 *
 * @throws {TypeError} When it is registered: `FST_ISOLATE_BAD_OPTION` for a wrong option.
 */
export const isolate: Isolate = fp(isolateOrPlugin as unknown as Plugin, META) as Isolate
