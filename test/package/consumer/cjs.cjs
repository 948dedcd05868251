const Fastify = require('fastify')
const { default: byDefault, FatalError, isolate } = require('fastify-isolate')

async function main() {
  const app = Fastify()
  app.register(isolate, { answer: 'problem' })
  app.get('/bug', async () => {
    throw new Error('hunter2')
  })
  const { statusCode, body } = await app.inject('/bug')
  await app.close()
  console.log(
    JSON.stringify({
      statusCode,
      body: JSON.parse(body),
      sameExport: byDefault === isolate,
      isError: new FatalError('x') instanceof Error,
    }),
  )
}

main()
