import { inspect } from 'node:util'
import Fastify from 'fastify'
import byDefault, { FatalError, isolate } from 'fastify-isolate'

const app = Fastify()
app.register(isolate())
app.get('/bug', async () => {
  throw new Error('hunter2')
})
app.get('/busy', async () => {
  throw Object.assign(new Error('hunter2'), { statusCode: 503 })
})
const { statusCode, body } = await app.inject('/bug')
const busy = await app.inject('/busy')
const { counts } = app.isolation
await app.close()
console.log(
  JSON.stringify({
    statusCode,
    body: JSON.parse(body),
    busy: busy.json().message,
    contained: counts.verdict.contain,
    sameExport: byDefault === isolate,
    isError: new FatalError('x') instanceof Error,
    shown: inspect(new FatalError('x')).split('\n', 1),
  }),
)
