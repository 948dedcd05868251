const Fastify = require('fastify')
const { isolate } = require('fastify-isolate')

test('a rejection that belongs to no request', async () => {
  const app = Fastify()
  app.register(isolate())
  await app.ready()
  void Promise.reject(new Error('nobody caught this'))
  await new Promise((resolve) => setImmediate(resolve))
  await app.close()
})
