import type { FastifyRequest } from 'fastify'
import { asError } from '../fastify/as-error.ts'
import { isThenable } from '../is-thenable.ts'
import { contextOf } from '../request/context-slot.ts'
import { watchBody } from '../triage/fastify-status.ts'
import type { Guards } from './guards.ts'

type Done = (error?: unknown, body?: unknown) => void
type Parse = (request: FastifyRequest, payload: unknown, done: Done) => unknown

/**
 * The promise of a content-type parser, as Fastify gets it: Fastify would take a rejection with `undefined` or
 * `null` for a parsed body.
 */
class ParserPromise {
  readonly #promise: PromiseLike<unknown>

  constructor(promise: PromiseLike<unknown>) {
    this.#promise = promise
  }

  // biome-ignore lint/suspicious/noThenProperty: Fastify asks parsers for nothing but `then`
  then(resolve: (body: unknown) => void, reject: (error: unknown) => void): void {
    this.#promise.then(resolve, (error) => reject(asError(error)))
  }
}

/**
 * Guards a content-type parser. Passes what it throws to `done`, because Fastify 6 calls parsers outside of any
 * `try`. Records an error that comes after `done`, which changes no answer.
 */
export function guardParser(parse: Parse, { triage }: Guards): Parse {
  return function guarded(this: unknown, request, payload, done) {
    const context = contextOf(request)
    if (context === undefined) return parse.call(this, request, payload, done)
    let isDone = false
    const goOn: Done = (error, body) => {
      if (!isDone) {
        isDone = true
        done(error, body)
      } else if (error) triage.recordDropped(context, error)
    }
    try {
      const result = parse.call(this, request, payload, goOn)
      return isThenable(result) ? new ParserPromise(result) : result
    } catch (error) {
      goOn(asError(error))
      return undefined
    }
  }
}

type Hook = (...args: unknown[]) => unknown

/** Wraps a `preParsing` hook, so that the errors of a body which it returns are known before Fastify sees them. */
export function watchingBody(hook: Hook): Hook {
  return (request, reply, payload, done) => {
    const watch = (body: unknown): void => {
      if (body !== payload && body) watchBody(body)
    }
    const result = hook(request, reply, payload, (error: unknown, body: unknown) => {
      watch(body)
      ;(done as Done)(error, body)
    })
    // Fastify asks for the result after this: it has what comes then
    if (result instanceof Promise) result.then(watch, () => {})
    return result
  }
}
