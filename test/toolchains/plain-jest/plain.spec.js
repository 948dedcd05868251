const Fastify = require('fastify')
const isolate = require('fastify-isolate')

test('contains what a route throws', async () => {
  const app = Fastify()
  app.register(isolate, { answer: 'problem', classify: () => 'contain' })
  app.get('/bug', async () => {
    throw new isolate.FatalError('hunter2')
  })
  const { statusCode, headers, body } = await app.inject('/bug')
  expect(statusCode).toBe(500)
  expect(headers['content-type']).toMatch('application/problem+json')
  expect(body).not.toContain('hunter2')
  await app.close()
})

test('guesses what a mistyped option was meant to be', async () => {
  const app = Fastify()
  app.register(isolate.isolate({ clasify: () => 'fatal' }))
  await expect(app.ready()).rejects.toThrow('Did you mean `classify`?')
})
