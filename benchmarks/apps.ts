import Fastify, { type FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { type IsolateOptions, isolate } from '../src/index.ts'

/** What one request of a case does, and with which logger. */
export interface Case {
  readonly title: string
  readonly logger: boolean
  readonly path: string
  readonly status: number
}

/** The work that is measured. */
export const CASES: Readonly<Record<string, Case>> = {
  success: { title: 'success, logger off', logger: false, path: '/text', status: 200 },
  logged: { title: 'success, logger on', logger: true, path: '/text', status: 200 },
  awaits: { title: 'success, JSON and three awaits', logger: false, path: '/json', status: 200 },
  fails: { title: 'every request throws, logger on', logger: true, path: '/throw', status: 500 },
  silent: { title: 'every request throws, logger off', logger: false, path: '/throw', status: 500 },
}

/** What is compared with bare Fastify: the options of the plugin, `undefined` for bare Fastify itself. */
export const VARIANTS: Readonly<Record<string, IsolateOptions | undefined>> = {
  bare: undefined,
  isolate: {},
  'escapes-off': { escapes: false },
}

/** The app of one case and one variant. Its logger, if it has one, serializes every line and throws it away. */
export function makeApp(name: string, variant: string): FastifyInstance {
  const { logger } = CASES[name] as Case
  const app = Fastify({ logger: logger && { stream: pino.destination('/dev/null') } })
  const options = VARIANTS[variant]
  if (options !== undefined) app.register(isolate(options))
  app.get('/text', (_request, reply) => {
    reply.send('hello')
  })
  app.get('/json', async () => {
    await null
    await null
    await null
    return { id: 1, name: 'somebody', tags: ['a', 'b', 'c'], nested: { deep: true } }
  })
  app.get('/throw', () => {
    throw new Error('a bug')
  })
  return app
}
