import type { FastifyBaseLogger } from 'fastify'
import { load } from '../load.ts'

const asIs = (value: unknown): unknown => value

/**
 * Serializers that change nothing, for fields that are serialized already: pino's own would name every type
 * `Object`.
 */
export const IDENTITY_SERIALIZERS: Record<string, (value: unknown) => unknown> = { req: asIs, err: asIs }

/** Created at first use. */
let logger: FastifyBaseLogger | undefined

/** Returns a logger that writes to stderr synchronously, for lines that must be written before the process ends. */
export function stderrLogger(): FastifyBaseLogger {
  if (logger === undefined) {
    const { pino } = load('pino') as typeof import('pino')
    const stderr = pino.destination({ dest: 2, sync: true })
    logger = pino({ serializers: IDENTITY_SERIALIZERS }, stderr) as FastifyBaseLogger
  }
  return logger
}
