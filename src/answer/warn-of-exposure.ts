import type { FastifyBaseLogger } from 'fastify'
import type { CoveredRoute } from '../request/context.ts'

/** The most routes that the warning names. */
const MAX_NAMED = 5

/**
 * Logs one warning where errors are shown to clients in production.
 *
 * @param routes The routes of the app, once they are covered.
 */
export function warnOfExposure(log: FastifyBaseLogger, routes: readonly CoveredRoute[]): void {
  if (process.env.NODE_ENV !== 'production') return
  const exposed = routes.filter(({ expose }) => expose)
  if (exposed.length === 0) return
  const patterns = new Set(exposed.map(({ pattern }) => pattern ?? 'requests without a route'))
  const named = [...patterns].slice(0, MAX_NAMED).join(', ')
  const more = patterns.size > MAX_NAMED ? ` and ${patterns.size - MAX_NAMED} more` : ''
  log.warn(
    'The option `expose` is on and NODE_ENV is production: every client that makes a route fail is sent the message, ' +
      'the stack and the causes of the error, and a browser the source code around it. That holds for ' +
      `${named}${more}. Set \`expose: process.env.NODE_ENV === 'development'\`.`,
  )
}
