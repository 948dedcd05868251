import type { FastifyRequest } from 'fastify'
import { asError } from '../fastify/as-error.ts'
import { isThenable } from '../is-thenable.ts'
import { isOutside, requestStorage } from '../request/async-context.ts'
import type { RequestContext } from '../request/context.ts'
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
 * Calls the listeners on a body in the context of its request. Node calls them outside of it where the body comes later,
 * and what escapes from a timer or a promise that they start would be nobody's.
 */
function emitWithin(context: RequestContext, body: unknown): void {
  const emit = (body as { emit?: (...args: unknown[]) => boolean } | null)?.emit
  if (typeof emit !== 'function') return // a text or a Buffer
  const value = function emitInContext(this: unknown, ...args: unknown[]): boolean {
    const call = (): boolean => Reflect.apply(emit, this, args)
    return isOutside(context) ? requestStorage.run(context.stored, call) : call()
  }
  Object.defineProperty(body, 'emit', { value, writable: true, configurable: true })
}

/** Fastify's own parsers start nothing that an error could escape from. */
const OF_FASTIFY: ReadonlySet<string> = new Set(['defaultJsonParser', 'defaultPlainTextParser'])

/**
 * Guards a content-type parser. Passes what it throws to `done`, because Fastify 6 calls parsers outside of any
 * `try`. Records an error that comes after `done`, which changes no answer. Node calls it outside of the context of its
 * request where the body was still to come.
 */
export function guardParser(parse: Parse, { triage }: Guards): Parse {
  const mayStartWork = !OF_FASTIFY.has(parse.name)
  return function guarded(this: unknown, request, payload, done): unknown {
    const context = contextOf(request)
    if (context === undefined) return parse.call(this, request, payload, done)
    if (mayStartWork && isOutside(context)) {
      return requestStorage.run(context.stored, () => guarded.call(this, request, payload, done))
    }
    if (mayStartWork && context.route.escapes) emitWithin(context, payload)
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
