import type { FastifyBaseLogger } from 'fastify'

/** Whether this is the logger of an app with `logger: false`: all its methods are one that does nothing. */
export function isSilent(log: FastifyBaseLogger): boolean {
  if (log.level === 'silent') return true
  return log.fatal === log.info && /\{\s*\}$/.test(Function.prototype.toString.call(log.fatal))
}

let hasWarned = false

/** Warns once in the process that the faults of an app without a logger are written to stderr. */
export function warnOfSilence(): void {
  if (hasWarned) return
  hasWarned = true
  process.emitWarning(
    'This app has no logger, and nothing listens for its faults: they are written to stderr. Give Fastify a ' +
      '`logger`, or isolate() an `onFault`.',
    { type: 'FastifyIsolateWarning', code: 'FST_ISOLATE_NO_LOGGER' },
  )
}
