import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Writable } from 'node:stream'
import { test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { Connections } from '../../src/drain/connections.ts'
import { Drain } from '../../src/drain/drain.ts'
import { isolate } from '../../src/index.ts'
import { isolatedAppOf } from '../../src/isolated-app.ts'
import { until } from '../support/until.ts'

// Node forgets one stream in a thousand: the soak meets them, no test can wait for one.
test('a request ends though Node never tells that its answer is done', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const app = Fastify({ http2: true })
  app.register(isolate())
  app.get('/', async (_request, reply) => {
    const { stream } = reply.raw as unknown as { stream: Writable }
    const { _final: end } = stream
    stream._final = () => Reflect.apply(end, stream, [() => {}])
    return 'all of it'
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const session = http2.connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  t.after(async () => {
    session.destroy()
    await app.close()
  })
  const stream = session.request({ ':path': '/' })
  let body = ''
  stream.setEncoding('utf8').on('data', (chunk) => (body += chunk))
  await once(stream, 'close')
  assert.deepEqual([body, stream.rstCode], ['all of it', 0])
  const { requests } = isolatedAppOf(app as unknown as FastifyInstance)!
  t.mock.timers.tick(10_000)
  assert.equal(requests.size, 1)
  t.mock.timers.tick(10_000)
  await until(() => requests.size === 0)
})

test('a process that leaves does not wait for a stream that is closed and does not end', async () => {
  const contexts = new Set<object>()
  const ended: string[] = []
  const add = (name: string, state: { closed: boolean; destroyed: boolean }): object => {
    const context = {
      request: { raw: {} },
      reply: {
        raw: {
          stream: {
            ...state,
            destroy: () => {
              ended.push(name)
              contexts.delete(context)
            },
          },
        },
      },
    }
    contexts.add(context)
    return context
  }
  add('forgotten', { closed: true, destroyed: false })
  const destroyed = add('destroyed', { closed: true, destroyed: true })
  const open = add('open', { closed: false, destroyed: false })
  contexts.add({ request: undefined, reply: undefined })
  const drain = new Drain(new Connections(), contexts as never)
  drain.stopAccepting()
  const drained = drain.drained()
  await new Promise((resolve) => setImmediate(resolve))
  contexts.delete(destroyed)
  contexts.delete(open)
  await drained
  assert.deepEqual(ended, ['forgotten'])
})
