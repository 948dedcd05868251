import type { FastifyReply, FastifyRequest } from 'fastify'
import { asError } from '../fastify/as-error.ts'
import { isThenable } from '../is-thenable.ts'
import { requestStorage } from '../request/async-context.ts'
import { contextOf, type RequestContext } from '../request/context.ts'
import type { Triage } from '../triage/triage.ts'
import { failAfterHook, GuardedPromise, isSettled, type Stage } from './promise.ts'

type Done = (error?: unknown, value?: unknown) => void
type Hook = (...args: unknown[]) => unknown

/**
 * Guards a hook whose errors reach the error handler, except those that come when the answer is settled: Fastify
 * drops these.
 */
export function guardHook(hook: Hook, triage: Triage): Hook {
  function guarded(request: unknown, reply: unknown, done: unknown): unknown {
    const context = contextOf(request as FastifyRequest)
    if (context === undefined) return hook(request, reply, done)
    if (context.route.escapes && requestStorage.getStore() !== context) {
      return requestStorage.run(context, guarded, request, reply, done)
    }
    const call = new HookCall(context, reply as FastifyReply, triage, 'hook', done as Done)
    return call.run(() => hook(request, reply, call.done))
  }
  return guarded as Hook
}

/** As {@link guardHook}, for hooks that get a payload. */
export function guardPayloadHook(hook: Hook, triage: Triage, stage: 'hook' | 'send'): Hook {
  function guarded(request: unknown, reply: unknown, payload: unknown, done: unknown): unknown {
    const context = contextOf(request as FastifyRequest)
    if (context === undefined) return hook(request, reply, payload, done)
    if (context.route.escapes && requestStorage.getStore() !== context) {
      return requestStorage.run(context, guarded, request, reply, payload, done)
    }
    const call = new HookCall(context, reply as FastifyReply, triage, stage, done as Done)
    return call.run(() => hook(request, reply, payload, call.done))
  }
  return guarded as Hook
}

/** One call of a hook of the app. */
class HookCall {
  readonly done: Done
  readonly #context: RequestContext
  readonly #reply: FastifyReply
  readonly #triage: Triage
  readonly #stage: Stage
  #isDone = false

  constructor(context: RequestContext, reply: FastifyReply, triage: Triage, stage: Stage, done: Done) {
    this.#context = context
    this.#reply = reply
    this.#triage = triage
    this.#stage = stage
    this.done = (error, value) => {
      const isDropped = Boolean(error) && this.#dropsError(error)
      this.#isDone = true
      if (isDropped) return
      try {
        done(error ? asError(error) : error, value)
      } catch (failure) {
        failAfterHook(context, reply, triage, done, failure)
      }
    }
  }

  run(hook: () => unknown): unknown {
    try {
      const result = hook()
      return isThenable(result) && (result as unknown) !== this.#reply
        ? new GuardedPromise(result, this.#context, this.#reply, this.#triage, this.#stage)
        : result
    } catch (error) {
      if (!this.#dropsError(error)) throw asError(error)
      return undefined
    }
  }

  /** Whether nobody waits for this error: the answer is settled, or the hook had already said that it is done. */
  #dropsError(error: unknown): boolean {
    const goesOn = this.#isDone && !this.#reply.sent
    if (goesOn) this.#triage.recordDropped(this.#context, error)
    else if (isSettled(this.#context, this.#reply, this.#stage)) {
      this.#triage.recordAfterAnswer(this.#context, error, 'hook', this.#reply)
    } else {
      this.#context.phase = 'hook'
      return this.#stage === 'send' && this.#triage.answersInstead(this.#context, error, this.#reply)
    }
    return true
  }
}
