import type { FastifyReply, FastifyRequest } from 'fastify'
import { carried } from './carried.ts'
import { contextOf, type RequestContext, requestStorage } from './context.ts'
import type { Internals } from './internals.ts'
import type { Judge } from './judge.ts'

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown
type Done = (error?: unknown, value?: unknown) => void
type Hook = (...args: unknown[]) => unknown
type Settled = (value?: unknown) => unknown

const NO_HEADERS: Record<string, unknown> = Object.freeze({})

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
  )
}

/** Whether the client's answer is settled or under way, so that an error can't change it any more. */
export function isAnswered(context: RequestContext, reply: FastifyReply): boolean {
  return reply.sent || context.sending
}

/** Where a function of the app stands: hooks of `send` run while the answer is made, and can still change it. */
type Stage = 'handler' | 'hook' | 'send'

function isSettled(context: RequestContext, reply: FastifyReply, stage: Stage): boolean {
  return stage === 'send' ? reply.sent : isAnswered(context, reply)
}

function originOf(stage: Stage): 'handler' | 'hook' {
  return stage === 'handler' ? 'handler' : 'hook'
}

/**
 * Stands between a promise of the app and Fastify's `then`, which is its only use: an error that Fastify would
 * drop, because the answer was settled, becomes a fault. A class and not a new promise, for one is made on every
 * asynchronous request.
 */
class Watched {
  readonly #promise: PromiseLike<unknown>
  readonly #context: RequestContext
  readonly #reply: FastifyReply
  readonly #judge: Judge
  readonly #stage: Stage

  constructor(
    promise: PromiseLike<unknown>,
    context: RequestContext,
    reply: FastifyReply,
    judge: Judge,
    stage: Stage,
  ) {
    this.#promise = promise
    this.#context = context
    this.#reply = reply
    this.#judge = judge
    this.#stage = stage
  }

  // biome-ignore lint/suspicious/noThenProperty: Fastify asks handlers and hooks for nothing but `then`
  then(resolve: Settled, reject: Settled): void {
    const fail = (error: unknown): unknown => {
      if (!isSettled(this.#context, this.#reply, this.#stage)) {
        this.#context.phase = originOf(this.#stage)
        if (this.#stage === 'send' && this.#judge.takesLast(this.#context, error, this.#reply))
          return undefined
        return reject(carried(error))
      }
      this.#judge.late(this.#context, error, originOf(this.#stage), this.#reply)
      return undefined
    }
    try {
      this.#promise.then(this.#stage === 'hook' ? this.#goOn(resolve, reject) : resolve, fail)
    } catch (error) {
      fail(error) // a thenable of the app's own may throw
    }
  }

  /** Fastify runs the rest of the lifecycle inside of this `then`, outside of any `try`. */
  #goOn(resolve: Settled, reject: Settled): Settled {
    return (value) => {
      try {
        return resolve(value)
      } catch (error) {
        return failAfterHook(this.#context, this.#reply, this.#judge, reject, error)
      }
    }
  }
}

/** What came after a hook has thrown: a validator, or Node over the headers. It is not the hook's error. */
function failAfterHook(
  context: RequestContext,
  reply: FastifyReply,
  judge: Judge,
  fail: (error: unknown) => unknown,
  error: unknown,
): unknown {
  if (!reply.sent) return fail(carried(error))
  judge.late(context, error, context.phase, reply)
  return undefined
}

/** Guards a route's handler. */
export function guardHandler(handler: Handler, judge: Judge, internals: Internals): Handler {
  function guarded(request: FastifyRequest, reply: FastifyReply): unknown {
    const context = contextOf(request)
    if (context === undefined) return handler(request, reply)
    if (context.route.escapes && requestStorage.getStore() !== context) {
      return requestStorage.run(context, guarded, request, reply)
    }
    context.phase = 'handler'
    rememberHookHeaders(context, reply, internals)
    try {
      const result = handler(request, reply)
      return isThenable(result) && (result as unknown) !== reply
        ? new Watched(result, context, reply, judge, 'handler')
        : result
    } catch (error) {
      if (!isAnswered(context, reply)) throw carried(error)
      judge.late(context, error, 'handler', reply)
      return undefined
    }
  }
  return guarded
}

function rememberHookHeaders(context: RequestContext, reply: FastifyReply, internals: Internals): void {
  const headers = internals.headers(reply)
  context.hookHeaders = NO_HEADERS
  for (const _name in headers) {
    context.hookHeaders = { ...headers }
    break
  }
  const { raw } = reply
  context.hookRawHeaders = raw.getHeaderNames().length === 0 ? NO_HEADERS : raw.getHeaders()
}

/**
 * Guards a hook whose errors reach the error handler, except those that come when the answer is settled: Fastify
 * drops these.
 */
export function guardHook(hook: Hook, judge: Judge): Hook {
  function guarded(request: unknown, reply: unknown, done: unknown): unknown {
    const context = contextOf(request as FastifyRequest)
    if (context === undefined) return hook(request, reply, done)
    if (context.route.escapes && requestStorage.getStore() !== context) {
      return requestStorage.run(context, guarded, request, reply, done)
    }
    const call = new HookCall(context, reply as FastifyReply, judge, 'hook', done as Done)
    return call.run(() => hook(request, reply, call.done))
  }
  return guarded as Hook
}

/** As {@link guardHook}, for hooks that get a payload. */
export function guardPayloadHook(hook: Hook, judge: Judge, stage: 'hook' | 'send'): Hook {
  function guarded(request: unknown, reply: unknown, payload: unknown, done: unknown): unknown {
    const context = contextOf(request as FastifyRequest)
    if (context === undefined) return hook(request, reply, payload, done)
    if (context.route.escapes && requestStorage.getStore() !== context) {
      return requestStorage.run(context, guarded, request, reply, payload, done)
    }
    const call = new HookCall(context, reply as FastifyReply, judge, stage, done as Done)
    return call.run(() => hook(request, reply, payload, call.done))
  }
  return guarded as Hook
}

/** One call of a hook of the app. */
class HookCall {
  readonly done: Done
  readonly #context: RequestContext
  readonly #reply: FastifyReply
  readonly #judge: Judge
  readonly #stage: Stage
  #isDone = false

  constructor(context: RequestContext, reply: FastifyReply, judge: Judge, stage: Stage, done: Done) {
    this.#context = context
    this.#reply = reply
    this.#judge = judge
    this.#stage = stage
    this.done = (error, value) => {
      const isDropped = Boolean(error) && this.#dropsError(error)
      this.#isDone = true
      if (isDropped) return
      try {
        done(error ? carried(error) : error, value)
      } catch (failure) {
        failAfterHook(context, reply, judge, done, failure)
      }
    }
  }

  run(hook: () => unknown): unknown {
    try {
      const result = hook()
      return isThenable(result) && (result as unknown) !== this.#reply
        ? new Watched(result, this.#context, this.#reply, this.#judge, this.#stage)
        : result
    } catch (error) {
      if (!this.#dropsError(error)) throw carried(error)
      return undefined
    }
  }

  /** Whether nobody waits for this error: the answer is settled, or the hook had already said that it is done. */
  #dropsError(error: unknown): boolean {
    const goesOn = this.#isDone && !this.#reply.sent
    if (goesOn) this.#judge.inSilence(this.#context, error)
    else if (isSettled(this.#context, this.#reply, this.#stage)) {
      this.#judge.late(this.#context, error, 'hook', this.#reply)
    } else {
      this.#context.phase = 'hook'
      return this.#stage === 'send' && this.#judge.takesLast(this.#context, error, this.#reply)
    }
    return true
  }
}
