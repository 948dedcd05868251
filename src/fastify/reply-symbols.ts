import type { FastifyReply } from 'fastify'
import { symbolOf } from '../symbol-of.ts'
import { missingPart, PARTS, type ReplyPart } from './parts.ts'
import { type SymbolsOf, symbolsOf, valueAt } from './symbols.ts'

/** Makes the replies of one instance. */
export type ReplyClass = new (res: object, request: object, log: object) => FastifyReply

type FirstSymbols = SymbolsOf<Exclude<ReplyPart, 'nextErrorHandler'>>

/**
 * The symbols of replies.
 *
 * @param version Fastify's own, for the error.
 * @throws Error that names a part which is not there, or does not do what it did.
 */
export function replySymbols(Reply: ReplyClass, version: string): SymbolsOf<ReplyPart> {
  const reply = new Reply({}, {}, {})
  const first = symbolsOf(reply, ['headers', 'isError', 'trailers', 'route'] as const, version)
  return { ...first, nextErrorHandler: findNextErrorHandler(Reply, first, version) }
}

/**
 * A reply has this symbol only once it has failed. So one is made to fail, with two error handlers, which also shows
 * what the masking rests on: what is marked as an error reaches the error handlers of its route, and where one throws
 * its prototype is asked.
 */
function findNextErrorHandler(Reply: ReplyClass, { route, isError }: FirstSymbols, version: string): symbol {
  const failure = new Error('of the first error handler')
  let isAsked = false
  let reached: unknown
  const second = {
    func: (error: unknown): void => {
      reached = error
    },
  }
  const first = Object.assign(Object.create(second), {
    func: () => {
      if (isAsked) return // asked again instead of the second, it would be asked without end
      isAsked = true
      throw failure
    },
  })
  const reply = new Reply({}, { [route]: { onError: null, errorHandler: first } }, {})
  try {
    ;(reply as unknown as Record<symbol, unknown>)[isError] = true
    reply.send('no error but for its mark')
  } catch {
    // it did not get as far as the second handler
  }
  if (reached !== failure) throw missingPart('errorHandlerChain', version)
  const symbol = symbolOf(reply, PARTS.nextErrorHandler.called)
  // who comes after the second handler: its own prototype
  if (symbol === undefined || valueAt(reply, symbol) !== Object.prototype) {
    throw missingPart('nextErrorHandler', version)
  }
  return symbol
}
