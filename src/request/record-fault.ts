import type { Attribution, Fault, Origin } from '../fault/fault.ts'
import type { RequestContext } from './context.ts'

/** Makes a fault of an error: counts, logs, announces it, and starts the way out where its verdict asks for it. */
export interface Settler {
  settle(
    error: unknown,
    origin: Origin,
    attributedTo: Attribution,
    context: RequestContext | undefined,
    extra?: Record<string, unknown>,
  ): Fault
}
