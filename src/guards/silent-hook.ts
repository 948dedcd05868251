import type { FastifyRequest } from 'fastify'
import { asError, originalOf } from '../fastify/as-error.ts'
import { isThenable } from '../is-thenable.ts'
import { isOutside, requestStorage } from '../request/async-context.ts'
import type { RequestContext } from '../request/context.ts'
import { contextOf } from '../request/context-slot.ts'
import type { Triage } from '../triage/triage.ts'
import type { Guards } from './guards.ts'

export type Hook = (...args: unknown[]) => unknown

/**
 * Guards a hook whose errors Fastify drops or only logs: `onError`, `onResponse`, `onTimeout` and `onRequestAbort`.
 * Records them, and the lifecycle goes on.
 */
export function guardSilentHook(hook: Hook, { triage }: Guards): Hook {
  function guarded(...args: unknown[]): unknown {
    const context = contextOf(args[0] as FastifyRequest)
    if (context === undefined) return hook(...args)
    if (isOutside(context)) return requestStorage.run(context.stored, guarded, ...args)
    const last = args.length - 1
    const done = args[last] as () => void
    const isOnError = args.length === 4
    if (isOnError) {
      args[2] = originalOf(args[2])
      // first: the hook may hang, and may throw the error that it was called with
      triage.triage(context, args[2], args[0] as FastifyRequest)
    }
    const record = (error: unknown): void => triage.recordDropped(context, error)
    let isDone = false
    const goOn = (error?: unknown): void => {
      if (error) record(error)
      if (isDone) return
      isDone = true
      done()
    }
    args[last] = goOn
    try {
      const result = hook(...args)
      const isPromise = isThenable(result) && result !== args[1] // the reply, which is a thenable of its own
      return isPromise ? result.then(undefined, record) : result
    } catch (error) {
      record(error)
      goOn()
      return undefined
    }
  }
  return guarded
}

type TrailerDone = (error: unknown, value?: unknown) => void

/**
 * Guards a function that makes a trailer. Fastify leaves out the trailer of one that fails, and tells of it at `debug`
 * only; one that throws would leave the response without an end.
 */
export function guardTrailer(make: Hook, context: RequestContext, triage: Triage): Hook {
  function guarded(reply: unknown, payload: unknown, done: unknown): unknown {
    if (isOutside(context)) return requestStorage.run(context.stored, guarded, reply, payload, done)
    let isDone = false
    const finish: TrailerDone = (error, value) => {
      if (isDone) return
      isDone = true
      ;(done as TrailerDone)(error, value)
    }
    const fail = (error: unknown): void => {
      triage.recordDropped(context, error, 'reply')
      finish(asError(error))
    }
    try {
      const result = make(reply, payload, (error: unknown, value: unknown) =>
        error ? fail(error) : finish(error, value),
      )
      if (isThenable(result)) result.then((value) => finish(null, value), fail)
    } catch (error) {
      fail(error)
    }
    return undefined
  }
  return guarded as Hook
}
