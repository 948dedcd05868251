import { inspect } from 'node:util'
import Fastify from 'fastify'
import byDefault, { FatalError, isolate } from 'fastify-isolate'

const app = Fastify()
app.register(isolate())
app.get('/bug', async () => {
  throw new Error('hunter2')
})
const { statusCode, body } = await app.inject('/bug')
const { counts } = app.isolation
await app.close()
console.log(
  JSON.stringify({
    statusCode,
    body: JSON.parse(body),
    contained: counts.verdict.contain,
    sameExport: byDefault === isolate,
    isError: new FatalError('x') instanceof Error,
    shown: inspect(new FatalError('x')).split('\n', 1),
  }),
)
