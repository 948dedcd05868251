import assert from 'node:assert/strict'
import Fastify from 'fastify'
import { isolate } from 'fastify-isolate'
import { test } from 'vitest'

test('what belongs to a request is contained', async () => {
  const app = Fastify()
  app.register(isolate({ grace: 10 }))
  app.get('/exception', () => {
    setImmediate(() => {
      throw new Error('nobody caught this')
    })
  })
  app.get('/rejection', () => {
    void Promise.reject(new Error('nobody caught this'))
  })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  assert.equal((await fetch(`${address}/exception`)).status, 500)
  assert.equal((await fetch(`${address}/rejection`)).status, 500)
  assert.equal(app.isolation.counts.total, 2)
  await app.close()
})
