import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import Fastify from 'fastify'
import { isolate } from '../src/index.ts'
import { endForgottenStreams } from '../src/request/forgotten-streams.ts'
import { until } from './support/until.ts'

test('a stream that outlives its connection is ended, and no other', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const session = { socket: new EventEmitter() }
  const ended: string[] = []
  const stream = (name: string, of: object, destroyed = false) => ({
    reply: { raw: { stream: { session: of, destroyed, destroy: () => ended.push(name) } } },
  })
  const contexts = [
    stream('forgotten', session),
    stream('destroyed', session, true),
    stream('of another connection', {}),
    { reply: { raw: {} } },
    { reply: undefined },
  ]
  endForgottenStreams(session as never, contexts as never)
  t.mock.timers.tick(5_000)
  assert.deepEqual(ended, [], 'the connection is there')
  session.socket.emit('close')
  assert.deepEqual(ended, [], 'it may end by itself')
  t.mock.timers.tick(1_000)
  assert.deepEqual(ended, ['forgotten'])
})

test('a session of a real server is followed', async (t) => {
  const app = Fastify({ http2: true })
  app.register(isolate())
  const held = new EventEmitter()
  app.get('/held', (_request, reply) => {
    reply.hijack()
    // what Node does when it forgets one: the stream says nothing to its connection's end
    const { stream } = reply.raw as unknown as { stream: { close: () => void } }
    stream.close = () => {}
    held.emit('arrived')
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.after(() => app.close())
  const client = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  client.on('error', () => {})
  client.request({ ':path': '/held' }).on('error', () => {})
  await once(held, 'arrived')
  assert.equal(app.isolation.inFlight.size, 1)
  client.destroy()
  await until(() => app.isolation.inFlight.size === 0)
})
