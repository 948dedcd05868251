import type { RouteContext } from './compiled-route.ts'
import { isDetached } from './coverage.ts'
import { type EarlyErrors, guardLoggerFactory } from './early-errors.ts'
import { guardChain } from './error-chain.ts'
import { guardHandler } from './guard-handler.ts'
import { guardHook, guardPayloadHook } from './guard-hook.ts'
import { guardSilentHook } from './guard-silent-hook.ts'
import type { Internals } from './internals.ts'
import type { Judge } from './judge.ts'

type Hook = (...args: unknown[]) => unknown

/** What the guards of a route need. */
export interface Guards {
  readonly judge: Judge
  readonly internals: Internals
  readonly early: EarlyErrors
  /** The hook that gives a request its context: it needs no guard. */
  readonly enter: unknown
}

/** Guards all that a compiled route holds of the app's functions: its hooks, handler and error handlers. */
export function guardRoute(route: RouteContext, { judge, internals, early, enter }: Guards): void {
  const wrap = (name: string, guard: (hook: Hook) => unknown): void => {
    const hooks = route[name] as Hook[] | null
    if (hooks) route[name] = hooks.map((hook) => ((hook as unknown) === enter ? hook : guard(hook)))
  }
  for (const name of ['onRequest', 'preValidation', 'preHandler'])
    wrap(name, (hook) => guardHook(hook, judge))
  wrap('preParsing', (hook) => guardPayloadHook(hook, judge, 'hook'))
  for (const name of ['preSerialization', 'onSend'])
    wrap(name, (hook) => guardPayloadHook(hook, judge, 'send'))
  for (const name of ['onError', 'onResponse', 'onTimeout', 'onRequestAbort']) {
    wrap(name, (hook) => guardSilentHook(hook, judge))
  }
  // `reply.callNotFound()` goes on in a context that inherits all but these hooks
  const notFound = internals.notFoundContext(route)
  if (notFound && !isDetached(notFound) && Object.hasOwn(notFound, 'onSend')) {
    const onSend = notFound.onSend as Hook[] | null
    notFound.onSend = onSend?.map((hook) => guardPayloadHook(hook, judge, 'send')) ?? null
  }
  guardLoggerFactory(route, early)
  route.handler = guardHandler(route.handler, judge, internals)
  route.errorHandler = guardChain(route.errorHandler, judge, internals)
}
