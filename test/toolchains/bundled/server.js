import Fastify from 'fastify'
import { FatalError, isolate } from 'fastify-isolate'

/** A server that logs where `LOGGER` is set; where `MISTYPED` is, it does not boot, and says why. */
async function main() {
  const app = Fastify({ logger: process.env.LOGGER !== undefined })
  app.register(isolate(process.env.MISTYPED ? { clasify: () => 'fatal' } : { runaway: { after: 200 } }))
  app.get('/good', async () => 'good')
  app.get('/bug', async () => {
    throw new Error('hunter2')
  })
  app.get('/escape', () => {
    setImmediate(() => {
      throw new Error('hunter2')
    })
  })
  app.get('/runaway', async () => {
    // rollup takes an empty loop for code that does nothing
    for (let i = 0; ; i += 1) globalThis.turns = i
  })
  app.get('/fatal', async () => {
    throw new FatalError('the ledger does not add up')
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  console.log(JSON.stringify({ ready: true, port: app.server.address().port }))
}

main().catch((error) => {
  console.log(JSON.stringify({ ready: true, failed: error.message }))
})
