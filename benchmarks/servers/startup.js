/**
 * What a plugin adds to the start of an app: `node startup.js NAME OPTIONS` tells the CPU time from Fastify
 * being imported to the app being ready, in microseconds, and the ends of that time by the monotonic clock.
 */
import { packageRequire } from './package-require.js'

const Fastify = packageRequire('fastify')

const ADDITIONS = {
  fastify: () => {},
  isolate: async (app) => {
    const { isolate } = await import('../../dist/index.js')
    app.register(isolate(JSON.parse(process.argv[3])))
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

const now = () => Number(process.hrtime.bigint() / 1000n)
const from = now()
const before = process.cpuUsage()
const app = Fastify()
await ADDITIONS[process.argv[2]](app)
app.get('/text', () => 'hello')
await app.ready()
const { user, system } = process.cpuUsage(before)
process.send({ cpu: user + system, from, until: now() }, () => process.exit(0))
