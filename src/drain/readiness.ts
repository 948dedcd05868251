import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { RETRY_AFTER, refusalBody } from '../answer/refusal.ts'
import { wasAdmitted } from './awaited-requests.ts'

/** Adds a readiness probe: 200 while the app serves, 503 from the moment it leaves. */
export function addReadiness(app: FastifyInstance, path: string, state: () => 'serving' | 'leaving'): void {
  app.route({
    method: 'GET',
    url: path,
    // A log line for each probe would be most of a quiet app's log.
    logLevel: 'warn',
    config: { isolate: false },
    handler: (_request, reply) => {
      const current = state()
      reply.header('cache-control', 'no-store')
      if (current === 'leaving') reply.code(503).header('retry-after', RETRY_AFTER)
      reply.send({ state: current })
    },
  })
}

/**
 * Answers a late request of `inject()`, which no server sees, with 503. Returns false for a request that was
 * admitted.
 */
export function refuseLate(request: FastifyRequest, reply: FastifyReply): boolean {
  if (wasAdmitted(request.raw)) return false
  reply
    .code(503)
    .header('retry-after', RETRY_AFTER)
    .header('connection', 'close')
    .type('application/json; charset=utf-8')
    .send(refusalBody())
  return true
}
