import type { FastifyBaseLogger } from 'fastify'
import { load } from '../load.ts'

const asIs = (value: unknown): unknown => value

/** What is logged here is serialized already: pino's own serializer would take the type for `Object`. */
export const PLAIN: Record<string, (value: unknown) => unknown> = { req: asIs, err: asIs }

/** The last logger that is left: synchronous, to stderr, made on first use. */
let logger: FastifyBaseLogger | undefined

/** A logger that writes to stderr synchronously, for what must be said before the process ends. */
export function stderrLogger(): FastifyBaseLogger {
  if (logger === undefined) {
    const { pino } = load('pino') as typeof import('pino')
    const stderr = pino.destination({ dest: 2, sync: true })
    logger = pino({ serializers: PLAIN }, stderr) as FastifyBaseLogger
  }
  return logger
}

/** Makes {@link stderrLogger} while there are file descriptors to read its package. Never throws. */
export function prepareStderrLogger(): void {
  try {
    stderrLogger()
  } catch {
    // whoever needs it tries again
  }
}
