// One process that is loaded while it leaves: `PORT` is where it listens, and it prints a line once it does.
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { FatalError, isolate } from '../../src/index.ts'

const app = Fastify({ logger: { level: 'silent' } })
app.register(isolate())
app.get('/ok', async () => ({ pid: process.pid }))
app.get('/slow', async () => {
  await sleep(50)
  return { pid: process.pid }
})
app.get('/crash', async () => {
  throw new FatalError('the end')
})
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
console.log('listens')
