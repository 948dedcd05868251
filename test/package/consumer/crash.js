import Fastify from 'fastify'
import { FatalError, isolate } from 'fastify-isolate'

const app = Fastify()
app.register(isolate({ leave: { reportDir: 'reports' } }))
app.get('/bug', async () => {
  throw new FatalError('the ledger does not add up')
})
const address = await app.listen({ port: 0, host: '127.0.0.1' })
await fetch(`${address}/bug`)
