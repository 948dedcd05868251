import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testApp } from '../support/app.ts'

test('guarded listeners are known to the server by the functions of the app', async (t) => {
  const { app } = testApp(t)
  const { server } = app
  const calls: string[] = []
  const [first, second, third] = ['first', 'second', 'third'].map((name) => () => void calls.push(name))
  server.on('upgrade', first!).once('upgrade', second!)
  await app.ready()
  assert.notEqual(server.rawListeners('upgrade')[0], first)
  server.prependListener('upgrade', third!)
  await new Promise(setImmediate)
  assert.deepEqual(server.listeners('upgrade'), [third, first, second])
  server.emit('upgrade', {}, {})
  server.emit('upgrade', {}, {})
  assert.deepEqual(calls, ['third', 'first', 'second', 'third', 'first'])
  assert.deepEqual(server.listeners('upgrade'), [third, first])
  server.off('upgrade', first!).off('upgrade', third!)
  assert.equal(server.listenerCount('upgrade'), 0)
})

test('a listener that is called once can be removed before', async (t) => {
  const { app } = testApp(t)
  const listener = (): void => assert.fail('it was removed')
  app.server.once('connect', listener)
  await app.ready()
  app.server.off('connect', listener)
  assert.equal(app.server.listenerCount('connect'), 0)
})
