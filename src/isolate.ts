import type { FastifyInstance, FastifyPluginCallback, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { warnOfExposure } from './answer/warn-of-exposure.ts'
import { isolationOf } from './app-isolation.ts'
import { attempt } from './attempt.ts'
import { AppCoverage } from './coverage/cover-app.ts'
import { guardBeforeLoad, stopGuardingBeforeLoad } from './crash-loop/before-load.ts'
import { guardFromCrashLoop } from './crash-loop/crash-loop.ts'
import { addToProcess } from './drain/app.ts'
import { stopTakingBeforeLoad, takeBeforeLoad } from './escapes/before-load.ts'
import { Escapes } from './escapes/escapes.ts'
import { Internals } from './fastify/internals.ts'
import { httpErrors } from './fault/http-error.ts'
import { IsolatedApp, isolatedAppOf } from './isolated-app.ts'
import type { Isolation, RequestIsolation } from './isolation.ts'
import { loadDeferred } from './load.ts'
import { isSilent, warnOfSilence } from './log/silence.ts'
import { stderrLogger } from './log/stderr.ts'
import type { IsolateOptions, RouteIsolateOptions } from './options/options.ts'
import { refuseApp, refuseBeside, resolveOptions } from './options/resolve.ts'
import type { ResolvedOptions } from './options/resolved.ts'
import { installQuarantine } from './quarantine/install-quarantine.ts'
import { installRecorder } from './recorder/install-recorder.ts'
import { isolationOfRequest } from './request/signal.ts'
import { Runaways } from './runaway/runaways.ts'
import { tellOfApp } from './systemd/service.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The plugin's state and fault counts, and functions to report an error and to leave. */
    isolation: Isolation
  }

  interface FastifyRequest {
    /** What the plugin tells this request: its `signal`. */
    readonly isolation: RequestIsolation
  }

  interface FastifyContextConfig {
    /** `false` leaves the route to bare Fastify; an object overrides the options of `isolate()` for it. */
    isolate?: boolean | RouteIsolateOptions
  }
}

/** What is decorated with `isolation`, and whether an instance has that already. */
const DECORATED: readonly [string, (instance: FastifyInstance) => boolean][] = [
  ['app', (instance) => instance.hasDecorator('isolation')],
  ['request', (instance) => instance.hasRequestDecorator('isolation')],
]

function install(fastify: FastifyInstance, resolve: () => ResolvedOptions): void {
  if (isolatedAppOf(fastify) !== undefined) {
    throw new Error(
      'isolate() is registered already on this Fastify instance or on one above it. Register it once, on the ' +
        'outermost instance that it shall cover.',
    )
  }
  const options = resolve()
  const internals = new Internals(fastify)
  const instances = internals.instancesOf(fastify)
  if (instances.some((instance) => isolatedAppOf(instance) !== undefined)) {
    throw new Error(
      'isolate() is registered already on a child of this Fastify instance. Register it once, on the outermost ' +
        'instance that it shall cover.',
    )
  }
  for (const [name, has] of DECORATED) {
    if (instances.some(has)) {
      throw new Error(
        `isolate() decorates \`${name}.isolation\`, which the app or another plugin has decorated already. Give the ` +
          'other one another name.',
      )
    }
  }
  const app = new IsolatedApp(fastify, options)
  fastify.decorate('isolation', isolationOf(app))
  fastify.decorateRequest('isolation', {
    getter(this: FastifyRequest) {
      return isolationOfRequest(this)
    },
  })
  const coverage = new AppCoverage(app, internals)
  coverage.addHooks()
  app.leaveControl = addToProcess(app, internals)
  fastify.addHook('onReady', (done) => {
    coverage.coverRoutes()
    warnOfExposure(fastify.log, coverage.covered)
    // Also for a server that is listened on by hand, of which Fastify has no hook.
    setImmediate(finishStart, app).unref()
    done()
  })
  if (options.recorder !== false) installRecorder(app, options.recorder.dir, coverage.covered)
  if (options.quarantine !== false) installQuarantine(app, options.quarantine, coverage.covered)
  new Escapes(app, internals).install(() => coverage.keepsContexts)
  new Runaways(app).install(internals, coverage.covered)
  tellOfApp(fastify)
  fastify.addHook('onClose', (_app, done) => {
    app.endRateLimit()
    app.sickWatch.stop()
    done()
  })
  // Last: what is registered from now on waits while the app is held.
  guardFromCrashLoop(app, internals)
}

/**
 * Does what can wait until the app is ready: loads in advance what the last line of defence needs, because without a free
 * file descriptor it could not be loaded later, and warns. Never throws.
 */
function finishStart(app: IsolatedApp): void {
  // Whoever needs one of them tries again.
  attempt(loadDeferred, undefined)
  attempt(stderrLogger, undefined)
  attempt(httpErrors, undefined)
  attempt(() => app.isUnheard && isSilent(app.fastify.log) && warnOfSilence(), undefined)
}

/**
 * Passes what `install` throws to `done`, so that `app.ready()` rejects: Fastify does not catch what a callback
 * plugin throws.
 *
 * @param resolve Returns the options, or throws what is wrong with them.
 */
function tryInstall(
  app: FastifyInstance,
  resolve: () => ResolvedOptions,
  done: (error?: Error) => void,
): void {
  try {
    install(app, resolve)
  } catch (error) {
    done(error as Error)
    return
  } finally {
    stopTakingBeforeLoad()
    stopGuardingBeforeLoad()
  }
  done()
}

/** A plugin. The type of `app` fits every copy of Fastify: a framework that pins a version brings a second one. */
type Plugin = (app: object, options: IsolateOptions, done: (error?: Error) => void) => void

/** The type of {@link isolate}: a plugin, and a function that returns the plugin with its options. */
export interface Isolate extends Plugin {
  /**
   * Returns the plugin with its options: `app.register(isolate({ grace: 500 }))`.
   *
   * @throws {TypeError} `FST_ISOLATE_BAD_OPTION` for a wrong option, when the plugin loads: `app.ready()` rejects
   *   with it. For an app in place of options it throws at once.
   */
  (options?: IsolateOptions): Plugin
}

/** The options of `register()` itself, which Fastify passes on to every plugin. */
const REGISTER_OPTIONS: ReadonlySet<string> = new Set(['prefix', 'logLevel', 'logSerializers'])

function withoutRegisterOptions(options: IsolateOptions): IsolateOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !REGISTER_OPTIONS.has(name)))
}

/** `fastify-plugin` skips encapsulation: the plugin covers the instance that it is registered on. */
const META = { name: 'fastify-isolate', fastify: '>=5.11.2' }

function isolateOrPlugin(...args: unknown[]): unknown {
  if (typeof args[2] === 'function') {
    const [app, options, done] = args as Parameters<FastifyPluginCallback<IsolateOptions>>
    tryInstall(app, () => resolveOptions(withoutRegisterOptions(options)), done)
    return undefined
  }
  const [options] = args as [IsolateOptions?]
  refuseApp(options)
  const resolved = attempt(() => resolveOptions(options), undefined)
  guardBeforeLoad(resolved)
  takeBeforeLoad(resolved)
  const plugin: FastifyPluginCallback = (app, beside, done) => {
    const resolve = (): ResolvedOptions => {
      refuseBeside(beside)
      // Wrong ones are refused where the plugin loads.
      return resolved ?? resolveOptions(options)
    }
    tryInstall(app, resolve, done)
  }
  return fp(plugin, META)
}

/**
 * Contains every error of a request to that request: it is logged once and answered with a masked 500, while every
 * other request goes on. Register it on the root instance, before or after the routes: `app.register(isolate())`,
 * or `app.register(isolate, options)`.
 *
 * @throws {TypeError} `FST_ISOLATE_BAD_OPTION` for a wrong option, when the plugin loads: `app.ready()` rejects
 *   with it.
 */
export const isolate: Isolate = fp(isolateOrPlugin as unknown as Plugin, META) as Isolate
