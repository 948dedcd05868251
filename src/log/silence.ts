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
