import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { Connections } from '../src/request/connections.ts'
import { Drain } from '../src/request/drain.ts'

// Node forgets one stream in a thousand: the soak meets them, no test can wait for one.
test('a stream that outlives its connection is ended, and no other', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const session = Object.assign(new EventEmitter(), { socket: new EventEmitter() })
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
  const connections = new Connections()
  const server = new EventEmitter()
  connections.watch(server as never)
  new Drain(connections, contexts as never)
  server.emit('session', session)
  t.mock.timers.tick(5_000)
  assert.deepEqual(ended, [], 'the connection is there')
  session.socket.emit('close')
  assert.deepEqual(ended, [], 'it may end by itself')
  t.mock.timers.tick(1_000)
  assert.deepEqual(ended, ['forgotten'])
})
