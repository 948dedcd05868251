// An app with one bug of the catalogue (`BUG`), beside two routes that have none. `PLUGIN`: the module of the plugin,
// none for bare Fastify. `OPTIONS`: those of the plugin.
import Fastify, { type FastifyInstance, type FastifyPluginCallback } from 'fastify'
import { wayOf } from './catalogue.ts'

const { BUG = '', PLUGIN = '', OPTIONS = '{}' } = process.env
const way = wayOf(BUG)
// Old enough to leave because it is sick, and not for a recycle that is due.
const uptime = process.uptime.bind(process)
process.uptime = () => uptime() + 300
const app = Fastify({
  logger: true,
  ...(way.http2 ? { http2: true } : {}),
} as object) as unknown as FastifyInstance
if (PLUGIN !== '') {
  const { isolate } = (await import(PLUGIN)) as { isolate: (options: object) => FastifyPluginCallback }
  await app.register(isolate(JSON.parse(OPTIONS)))
}
app.get('/innocent', async () => ({ ok: true }))
app.get('/other/:id', async () => ({ ok: true }))
app.post('/third', async () => ({ ok: true }))
app.get('/state', async () => ({
  recycleDue: (app as { isolation?: { recycleDue?: number } }).isolation?.recycleDue,
  rss: process.memoryUsage().rss,
}))
await way.app(app)
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address() as { port: number }
process.stderr.write(`${JSON.stringify({ ready: true, port })}\n`)
