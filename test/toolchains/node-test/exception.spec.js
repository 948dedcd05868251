import { test } from 'node:test'
import Fastify from 'fastify'
import { isolate } from 'fastify-isolate'

test('an exception that belongs to no request', async () => {
  const app = Fastify()
  app.register(isolate())
  await app.ready()
  await new Promise((resolve) => {
    setImmediate(() => {
      setImmediate(resolve)
      throw new Error('nobody caught this')
    })
  })
  await app.close()
})
