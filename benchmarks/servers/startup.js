/**
 * What a plugin adds to the start of an app: `node startup.js NAME` tells the milliseconds from Fastify being
 * imported to the app being ready, and the end of them in microseconds of the monotonic clock.
 */
import { packageRequire } from './package-require.js'

const Fastify = packageRequire('fastify')

const ADDITIONS = {
  fastify: () => {},
  isolate: async (app) => {
    const { isolate } = await import('../../dist/index.js')
    app.register(isolate())
  },
  'escapes-off': async (app) => {
    const { isolate } = await import('../../dist/index.js')
    app.register(isolate({ escapes: false }))
  },
  'request-context': async (app) => {
    const { fastifyRequestContext } = await import('@fastify/request-context')
    app.register(fastifyRequestContext)
  },
  'close-with-grace': async (app) => {
    const { default: closeWithGrace } = await import('close-with-grace')
    closeWithGrace({ delay: 10_000 }, () => app.close())
  },
}

const startedAt = performance.now()
const app = Fastify()
await ADDITIONS[process.argv[2]](app)
app.get('/text', () => 'hello')
await app.ready()
const milliseconds = performance.now() - startedAt
const until = Number(process.hrtime.bigint() / 1000n)
process.send({ milliseconds, until }, () => process.exit(0))
