import type { FastifyBaseLogger } from 'fastify'
import { symbolOf } from '../symbol-of.ts'

/**
 * A log destination: `SonicBoom` (`pino.destination`), `ThreadStream` (a worker transport), `pino.multistream`, a
 * Node stream, or any object with `write`.
 */
export interface Destination {
  flush?: (done?: (error?: Error | null) => void) => unknown
  flushSync?: () => void
  end?: () => unknown
  once?: (event: string, listener: () => void) => unknown
  on?: (event: string, listener: (error: unknown) => void) => unknown
  off?: (event: string, listener: (error: unknown) => void) => unknown
  listeners?: (event: string) => unknown[]
  closed?: boolean
  destroyed?: boolean
  writableLength?: number
  worker?: unknown
  streams?: { stream: Destination }[]
  /** Private state of SonicBoom, whose `flush(done)` calls back before every line is written. */
  _len?: number
  _writing?: boolean
  _opening?: boolean
}

/**
 * Returns the destinations of a logger. Pino keeps its destination under the symbol `pino.stream`, which differs in
 * each copy of pino. Never throws.
 */
export function destinationsOf(log: FastifyBaseLogger): Destination[] {
  try {
    const symbol = symbolOf(log, 'pino.stream')
    if (symbol !== undefined) {
      return parts((log as unknown as Record<symbol, Destination>)[symbol] as Destination)
    }
    // Another logger may have a `flush` method.
    const own = log as Destination
    return typeof own.flush === 'function' ? [{ flush: own.flush.bind(log) }] : []
  } catch {
    return []
  }
}

function parts(destination: Destination): Destination[] {
  return Array.isArray(destination.streams)
    ? destination.streams.flatMap(({ stream }) => parts(stream))
    : [destination]
}
