// A replica of an app that keeps its deaths in Redis. `SETUP` is JSON: the folder of its recorder, the port of Redis.
import Fastify from 'fastify'
import { createClient } from 'redis'
import { FatalError, isolate } from '../../../src/index.ts'
import { redisStore } from '../../../src/redis/redis-store.ts'

const { dir, redis } = JSON.parse(process.env.SETUP ?? '{}')

const client = createClient({ socket: { host: '127.0.0.1', port: redis } })
client.on('error', () => {})
// where Redis is away, it never ends
void client.connect()

const app = Fastify({ logger: true, disableRequestLogging: true })
app.register(isolate({ recorder: { dir }, quarantine: { build: '1', store: redisStore(client) } }))
app.get('/killed', () => process.kill(process.pid, 'SIGKILL'))
app.get('/fatal', () => {
  throw new FatalError('the invariant is broken')
})
for (let i = 0; i < 10; i += 1) app.get(`/${i}`, async () => ({}))
await app.listen({ port: 0, host: '127.0.0.1' })
const address = app.server.address()
console.log(JSON.stringify({ ready: true, port: typeof address === 'object' ? address?.port : 0 }))
