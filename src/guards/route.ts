import { isDetached, type RouteContext } from '../fastify/compiled-route.ts'
import { guardLoggerFactory } from './before-hooks.ts'
import { guardErrorHandlers } from './error-handlers.ts'
import type { Guards } from './guards.ts'
import { guardHandler } from './handler.ts'
import { guardHook, guardPayloadHook, stageOf } from './hook.ts'
import { watchingBody } from './parser.ts'
import { guardSilentHook } from './silent-hook.ts'

type Hook = (...args: unknown[]) => unknown

const BEFORE_HANDLER = ['onRequest', 'preParsing', 'preValidation', 'preHandler']

/** Gives a guard the name of its hook, by which `printRoutes()` shows it. */
function named(guarded: Hook, { name }: Hook): Hook {
  return Object.defineProperty(guarded, 'name', { value: name, configurable: true })
}

/**
 * Guards every function of the app in a compiled route: its hooks, handler, error handlers and logger factory.
 *
 * @param enter The hook that gives a request its context: it needs no guard.
 */
export function guardRoute(route: RouteContext, guards: Guards, enter: unknown): void {
  const wrap = (name: string, guard: (hook: Hook) => Hook): void => {
    const hooks = route[name] as Hook[] | null
    if (hooks) route[name] = hooks.map((hook) => (hook === enter ? hook : named(guard(hook), hook)))
  }
  const hasHooks = BEFORE_HANDLER.some((name) =>
    (route[name] as Hook[] | null)?.some((hook) => hook !== enter),
  )
  const guardSendHook = (hook: Hook): Hook => guardPayloadHook(hook, guards.inSendHook)
  for (const name of ['onRequest', 'preValidation', 'preHandler'])
    wrap(name, (hook) => guardHook(hook, guards))
  wrap('preParsing', (hook) => guardPayloadHook(watchingBody(hook), stageOf(hook, guards)))
  for (const name of ['preSerialization', 'onSend']) wrap(name, guardSendHook)
  for (const name of ['onError', 'onResponse', 'onTimeout', 'onRequestAbort']) {
    wrap(name, (hook) => guardSilentHook(hook, guards))
  }
  // the context of `reply.callNotFound()` has `onSend` hooks of its own, and inherits everything else
  const notFound = guards.internals.notFoundContext(route)
  if (notFound && !isDetached(notFound) && Object.hasOwn(notFound, 'onSend')) {
    const onSend = notFound.onSend as Hook[] | null
    notFound.onSend = onSend?.map(guardSendHook) ?? null
  }
  guardLoggerFactory(route, guards)
  route.handler = guardHandler(route.handler, guards, hasHooks)
  route.errorHandler = guardErrorHandlers(route.errorHandler, guards)
}
