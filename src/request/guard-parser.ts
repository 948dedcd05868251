import type { FastifyRequest } from 'fastify'
import { carried } from './carried.ts'
import { contextOf } from './context.ts'
import { isThenable } from './guards.ts'

type Parse = (request: FastifyRequest, payload: unknown, done: unknown) => unknown

/** What a content-type parser promises. Fastify takes a rejection with `undefined` or `null` for a body. */
class ParsedBody {
  readonly #promise: PromiseLike<unknown>

  constructor(promise: PromiseLike<unknown>) {
    this.#promise = promise
  }

  // biome-ignore lint/suspicious/noThenProperty: Fastify asks parsers for nothing but `then`
  then(resolve: (body: unknown) => void, reject: (error: unknown) => void): void {
    this.#promise.then(resolve, (error) => reject(carried(error)))
  }
}

/** Guards a content-type parser: whatever it throws reaches Fastify as an error. */
export function guardParser(parse: Parse): Parse {
  return function guarded(this: unknown, request, payload, done) {
    if (contextOf(request) === undefined) return parse.call(this, request, payload, done)
    try {
      const result = parse.call(this, request, payload, done)
      return isThenable(result) ? new ParsedBody(result) : result
    } catch (error) {
      throw carried(error)
    }
  }
}
