import type { FastifyReply, FastifyRequest } from 'fastify'
import { asError } from '../fastify/as-error.ts'
import { isThenable } from '../is-thenable.ts'
import { isOutside, requestStorage } from '../request/async-context.ts'
import type { RequestContext } from '../request/context.ts'
import { contextOf } from '../request/context-slot.ts'
import type { Guards } from './guards.ts'
import { GuardedPromise } from './promise.ts'
import type { Stage } from './stage.ts'

type Done = (error?: unknown, value?: unknown) => void
type Hook = (...args: unknown[]) => unknown

/** The hooks in which `@fastify/express` and `@fastify/middie` run middleware, as Fastify binds them. */
const RUNS_MIDDLEWARE = /^bound (?:runConnect|runMiddie|runMiddieWithPayload)$/

/** The stage of a hook before the handler. */
export function stageOf(hook: Hook, { inHook, inMiddleware }: Guards): Stage {
  return RUNS_MIDDLEWARE.test(hook.name) ? inMiddleware : inHook
}

/**
 * Guards a hook whose errors Fastify passes to the error handler. Records those that come after the answer, which
 * Fastify would drop.
 */
export function guardHook(hook: Hook, guards: Guards): Hook {
  const stage = stageOf(hook, guards)
  function guarded(request: unknown, reply: unknown, done: unknown): unknown {
    const context = contextOf(request as FastifyRequest)
    if (context === undefined) return hook(request, reply, done)
    if (isOutside(context)) return requestStorage.run(context.stored, guarded, request, reply, done)
    const call = new HookCall(context, reply as FastifyReply, stage, done as Done)
    return call.run(() => hook(request, reply, call.done))
  }
  return guarded as Hook
}

/** As {@link guardHook}, for hooks that get a payload. */
export function guardPayloadHook(hook: Hook, stage: Stage): Hook {
  function guarded(request: unknown, reply: unknown, payload: unknown, done: unknown): unknown {
    const context = contextOf(request as FastifyRequest)
    if (context === undefined) return hook(request, reply, payload, done)
    if (isOutside(context)) return requestStorage.run(context.stored, guarded, request, reply, payload, done)
    const call = new HookCall(context, reply as FastifyReply, stage, done as Done)
    return call.run(() => hook(request, reply, payload, call.done))
  }
  return guarded as Hook
}

/** One call of a hook of the app. */
class HookCall {
  readonly done: Done
  readonly #context: RequestContext
  readonly #reply: FastifyReply
  readonly #stage: Stage
  #isDone = false

  constructor(context: RequestContext, reply: FastifyReply, stage: Stage, done: Done) {
    this.#context = context
    this.#reply = reply
    this.#stage = stage
    this.done = (error, value) => {
      const isTaken = Boolean(error) && this.#takes(error)
      this.#isDone = true
      if (isTaken) return
      try {
        done(error ? asError(error) : error, value)
      } catch (failure) {
        stage.failAfterHook(context, reply, failure, done)
      }
    }
  }

  run(hook: () => unknown): unknown {
    try {
      const result = hook()
      return isThenable(result) && (result as unknown) !== this.#reply
        ? new GuardedPromise(result, this.#context, this.#reply, this.#stage)
        : result
    } catch (error) {
      if (!this.#takes(error)) throw asError(error)
      return undefined
    }
  }

  /**
   * Records an error that Fastify would drop: the answer was sent, or the hook had called `done` before. Returns
   * false where the error is for Fastify.
   */
  #takes(error: unknown): boolean {
    if (!this.#isDone || this.#reply.sent) return this.#stage.takes(this.#context, this.#reply, error)
    this.#stage.triage.recordDropped(this.#context, error)
    return true
  }
}
