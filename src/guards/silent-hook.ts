import type { FastifyRequest } from 'fastify'
import { originalOf } from '../fastify/as-error.ts'
import { isThenable } from '../is-thenable.ts'
import { isOutside, requestStorage } from '../request/async-context.ts'
import { contextOf } from '../request/context-slot.ts'
import type { Guards } from './guards.ts'

type Hook = (...args: unknown[]) => unknown

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
    // an `onError` hook may throw the error that it was called with, which is triaged later
    const isOnError = args.length === 4
    if (isOnError) args[2] = originalOf(args[2])
    const record = (error: unknown): void => {
      if (!isOnError || !Object.is(error, args[2])) triage.recordDropped(context, error)
    }
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
      return isThenable(result) ? result.then(undefined, record) : result
    } catch (error) {
      record(error)
      goOn()
      return undefined
    }
  }
  return guarded
}
