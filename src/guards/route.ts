import { isDetached, type RouteContext } from '../fastify/compiled-route.ts'
import type { Internals } from '../fastify/internals.ts'
import type { EarlyErrors } from '../request/early-errors.ts'
import type { Triage } from '../triage/triage.ts'
import { guardLoggerFactory } from './before-hooks.ts'
import { guardChain } from './error-handlers.ts'
import { guardHandler } from './handler.ts'
import { guardHook, guardPayloadHook } from './hook.ts'
import { guardSilentHook } from './silent-hook.ts'

type Hook = (...args: unknown[]) => unknown

/** What the guards of a route need. */
export interface Guards {
  readonly triage: Triage
  readonly internals: Internals
  readonly early: EarlyErrors
  /** The hook that gives a request its context: it needs no guard. */
  readonly enter: unknown
}

/** Guards all that a compiled route holds of the app's functions: its hooks, handler and error handlers. */
export function guardRoute(route: RouteContext, { triage, internals, early, enter }: Guards): void {
  const wrap = (name: string, guard: (hook: Hook) => unknown): void => {
    const hooks = route[name] as Hook[] | null
    if (hooks) route[name] = hooks.map((hook) => ((hook as unknown) === enter ? hook : guard(hook)))
  }
  for (const name of ['onRequest', 'preValidation', 'preHandler'])
    wrap(name, (hook) => guardHook(hook, triage))
  wrap('preParsing', (hook) => guardPayloadHook(hook, triage, 'hook'))
  for (const name of ['preSerialization', 'onSend'])
    wrap(name, (hook) => guardPayloadHook(hook, triage, 'send'))
  for (const name of ['onError', 'onResponse', 'onTimeout', 'onRequestAbort']) {
    wrap(name, (hook) => guardSilentHook(hook, triage))
  }
  // `reply.callNotFound()` goes on in a context that inherits all but these hooks
  const notFound = internals.notFoundContext(route)
  if (notFound && !isDetached(notFound) && Object.hasOwn(notFound, 'onSend')) {
    const onSend = notFound.onSend as Hook[] | null
    notFound.onSend = onSend?.map((hook) => guardPayloadHook(hook, triage, 'send')) ?? null
  }
  guardLoggerFactory(route, early)
  route.handler = guardHandler(route.handler, triage, internals)
  route.errorHandler = guardChain(route.errorHandler, triage, internals)
}
