import { Holder } from '../holder.ts'
import type { RequestContext } from './context.ts'

/**
 * The context of a request, in a private field of the request and of the raw objects below it. A property would lead
 * whoever compares or copies a request (`assert.deepStrictEqual`) to the whole app, and to define one that is not
 * enumerable takes ten times as long.
 */
class ContextSlot extends Holder {
  #context: RequestContext

  constructor(context: RequestContext, holder: object) {
    super(holder)
    this.#context = context
  }

  static of(holder: object): RequestContext | undefined {
    return #context in holder ? holder.#context : undefined
  }

  static fill(context: RequestContext, holder: object): void {
    if (#context in holder) holder.#context = context
    else new ContextSlot(context, holder)
  }

  static fillNew(context: RequestContext, holder: object): void {
    try {
      new ContextSlot(context, holder)
    } catch {
      ContextSlot.fill(context, holder)
    }
  }
}

/**
 * The context of a request, undefined where the plugin does not guard its route.
 *
 * @param holder The request, or a raw object below it. Anything else has none, nor has a proxy of them or an object
 *   that is derived from them.
 */
export function contextOf(holder: unknown): RequestContext | undefined {
  return typeof holder === 'object' && holder !== null ? ContextSlot.of(holder) : undefined
}

/** As {@link contextOf}, for a request that the app hands over: it may have made a proxy of it, or derived from it. */
export function contextOfRequest(request: { readonly raw: object } | undefined): RequestContext | undefined {
  return contextOf(request) ?? contextOf(request?.raw)
}

/** Attaches the context to a request, or to a raw object for code that has only this. */
export function attach(context: RequestContext, holder: object): void {
  ContextSlot.fill(context, holder)
}

/** As {@link attach}, cheaper for an object that has none yet, as each of a new request: looking costs more than filling. */
export function attachToNew(context: RequestContext, holder: object): void {
  ContextSlot.fillNew(context, holder)
}
