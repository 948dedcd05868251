import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import { currentContext, OPTED_OUT, requestStorage } from '../../src/request/async-context.ts'
import type { RequestContext } from '../../src/request/context.ts'
import { testApp } from '../support/app.ts'
import { connectRaw } from '../support/client.ts'
import { until } from '../support/until.ts'

/** Whose context the running code is in: the path of the request. */
function owner(): string | undefined {
  const current = currentContext()
  return current === OPTED_OUT ? 'opted out' : (current as RequestContext | undefined)?.snapshot().url
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`

// First of all: what it looks for happens but once in a process.
test('an app that keeps no context never touches AsyncLocalStorage', async (t) => {
  const { app, ask } = testApp(t, { isolate: { escapes: false } })
  app.get('/', async () => 'fine')
  const uses = (['enterWith', 'run', 'getStore'] as const).map((name) => t.mock.method(requestStorage, name))
  assert.equal((await ask('/')).body, 'fine')
  assert.deepEqual(
    uses.map(({ mock }) => mock.callCount()),
    [0, 0, 0],
  )
})

test('requests that come in one packet are each in a context of their own', async (t) => {
  const { app, listen } = testApp(t)
  const seen: [path: string, owner: string | undefined][] = []
  const see = (request: FastifyRequest): void => void seen.push([request.url, owner()])
  app.get('/now', async (request) => see(request))
  app.get('/later', async (request) => {
    await null
    see(request)
    await new Promise((resolve) => setTimeout(resolve))
    see(request)
  })
  app.get('/alone', { config: { isolate: false } }, async (request) => see(request))
  app.setNotFoundHandler(async (request) => see(request))
  const paths = ['/now', '/later', '/alone', '/nowhere', '/later', '/alone', '/now']
  const client = await connectRaw(await listen(), paths.map(get).join(''))
  await until(() => client.received().split('HTTP/1.1 ').length === paths.length + 1)
  client.socket.destroy()
  assert.equal(seen.length, 9)
  for (const [path, found] of seen) assert.equal(found, path === '/alone' ? 'opted out' : path)
})

test('a request that the plugin does not know has no context, not even that of the one before it', async (t) => {
  const { app, listen } = testApp(t, {
    isolate: {},
    fastify: {
      rewriteUrl: (raw) => {
        before.push([raw.url as string, owner()])
        return raw.url as string
      },
    },
  })
  const before: [path: string, owner: string | undefined][] = []
  app.get('/a', async () => 'a')
  app.get('/b', async () => 'b')
  const client = await connectRaw(await listen(), get('/a') + get('/b'))
  await until(() => client.received().split('HTTP/1.1 ').length === 3)
  client.socket.destroy()
  assert.deepEqual(before, [
    ['/a', undefined],
    ['/b', undefined],
  ])
})

test('who injects a request, or hands one over to a server, stays in its own context', async (t) => {
  const other = testApp(t)
  other.app.get('/inner', async () => owner())
  await other.listen()
  const { app, ask } = testApp(t)
  app.get('/inject', async () => {
    const answer = other.app.inject('/inner')
    const after = owner()
    return { inner: (await answer).body, after, later: owner() }
  })
  app.get('/hand-over', (request, reply) => {
    reply.hijack()
    request.raw.url = '/inner'
    const own = requestStorage.getStore()
    other.app.server.emit('request', request.raw, reply.raw)
    isBack = own !== undefined && requestStorage.getStore() === own
  })
  let isBack = false
  assert.deepEqual(JSON.parse((await ask('/inject')).body), {
    inner: '/inner',
    after: '/inject',
    later: '/inject',
  })
  assert.equal((await ask('/hand-over')).body, '/inner')
  assert.ok(isBack)
})

test('what follows a request on its connection is in no context', async (t) => {
  const { app, listen } = testApp(t)
  const seen: (string | undefined)[] = []
  app.get('/first', async () => 'first')
  app.get('/second', async () => 'second')
  const port = await listen()
  app.server.prependListener('request', () => void seen.push(owner()))
  const client = await connectRaw(port, get('/first'))
  await until(() => client.received().includes('first'))
  client.socket.write(get('/second'))
  await until(() => client.received().includes('second'))
  client.socket.destroy()
  assert.deepEqual(seen, [undefined, undefined])
})
