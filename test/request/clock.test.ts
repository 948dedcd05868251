import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:http'
import { test } from 'node:test'
import Fastify, { type FastifyReply } from 'fastify'
import { isolate } from '../../src/index.ts'

test('an answer that nothing was waited for takes one look at the clock, any other one two', async (t) => {
  const app = Fastify()
  t.after(() => app.close())
  app.register(isolate({ onFault: () => {} }))
  let closed: Promise<unknown> | undefined
  const seen = (reply: FastifyReply): void => {
    closed = once(reply.raw, 'close')
  }
  app.get('/at-once', (_request, reply) => {
    seen(reply)
    reply.send('fine')
  })
  app.get('/later', async (_request, reply) => {
    seen(reply)
    return 'fine'
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  let looks = 0
  const { now } = Date
  t.mock.method(Date, 'now', () => {
    if (new Error().stack?.includes('RequestContext')) looks += 1
    return now()
  })
  const looksOf = async (path: string): Promise<number> => {
    looks = 0
    const [response] = await once(get(`${url}${path}`), 'response')
    response.resume()
    await closed
    return looks
  }
  assert.equal(await looksOf('/at-once'), 1)
  assert.equal(await looksOf('/later'), 2)
})
