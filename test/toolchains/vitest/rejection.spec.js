import Fastify from 'fastify'
import { isolate } from 'fastify-isolate'
import { test } from 'vitest'

test('a rejection that belongs to no request', async () => {
  const app = Fastify()
  app.register(isolate())
  await app.ready()
  void Promise.reject(new Error('nobody caught this'))
  await new Promise((resolve) => setImmediate(resolve))
  await app.close()
})
