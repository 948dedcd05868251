import assert from 'node:assert/strict'
import http from 'node:http'
import { type TestContext, test } from 'node:test'
import { type Child, startFixture } from '../support/child.ts'
import { ask, connectRaw } from '../support/client.ts'
import { awaitFaults, faults } from '../support/escapes.ts'
import { until } from '../support/until.ts'

const start = (t: TestContext, name: string, ready = true): Promise<Child> =>
  startFixture(t, 'find-request', { env: { CASE: name }, ready })
const from = (id: string) => ({ headers: { 'x-request-id': id } })

test('a pooled driver makes Node name the wrong request, which is never touched', async (t) => {
  const child = await start(t, 'pool')
  assert.equal((await child.ask('/opens', from('a'))).status, 200)
  const thrower = await child.ask('/throws', from('b'))
  const [line] = await awaitFaults(child, 1)
  // The documented limit: the callback of b runs on the socket that a opened.
  assert.equal(line?.reqId, 'a')
  assert.equal(line.fault.attributedTo, 'context')
  t.diagnostic('escape | pools | a callback on a connection that another request opened | wrong')
  assert.equal(thrower.status, 503)
  assert.equal((await child.ask('/plain')).status, 200)
})

test('the cure: a promise around the callback names the right request', async (t) => {
  const child = await start(t, 'pool')
  assert.equal((await child.ask('/opens', from('a'))).status, 200)
  assert.equal((await child.ask('/cured', from('c'))).status, 500)
  assert.deepEqual(
    (await awaitFaults(child, 1)).map((line) => line.reqId),
    ['c'],
  )
  t.diagnostic('escape | pools | the same, with a promise around the callback | context')
})

test('two apps in one process: each gets its own, and the oldest that serves gets what is nobody\u2019s', async (t) => {
  const child = await start(t, 'two')
  const counts = () => faults(child).map((line) => `${line.app} ${line.reqId} ${line.fault.attributedTo}`)
  assert.equal((await child.ask('/timer', from('x'))).status, 500)
  assert.equal((await ask(child.ready.first, '/timer', from('y'))).status, 500)
  await child.ask('/background')
  await until(() => faults(child).length === 3)
  await child.ask('/close-first')
  await child.ask('/background')
  await until(() => faults(child).length === 4)
  assert.deepEqual(counts(), [
    'second x context',
    'first y context',
    'first undefined none',
    'second undefined none',
  ])
})

test('a request that is injected is a request', async (t) => {
  const child = await start(t, 'inject', false)
  assert.deepEqual(await child.exited, [0, null])
  assert.equal(child.log().find((line) => line.statusCode !== undefined)?.statusCode, 500)
  assert.equal(faults(child).length, 1)
})

test('a request that is injected by another one is answered for itself', async (t) => {
  const child = await start(t, 'inject-within', false)
  assert.deepEqual(await child.exited, [0, null])
  const outcome = child.log().find((line) => line.statusCode !== undefined)
  assert.deepEqual([outcome?.statusCode, outcome?.body], [200, { statusCode: 500 }])
  assert.deepEqual(
    faults(child).map((line) => line.reqId),
    ['inner'],
  )
})

test('HTTP/2: timers, listeners on the body and on the stream', async (t) => {
  const child = await start(t, 'http2', false)
  assert.deepEqual(await child.exited, [0, null])
  const statuses = child
    .log()
    .filter((line) => line.path)
    .map((line) => `${line.path} ${line.status}`)
  assert.deepEqual(statuses, ['/timer 500', '/end 500', '/stream 200'])
  const named = faults(child).map((line) => `${line.req?.route} ${line.fault.attributedTo}`)
  assert.deepEqual(named, ['/timer context', '/end context', '/stream context'])
  t.diagnostic('escape | messages | HTTP/2 request end | context')
  t.diagnostic('escape | messages | HTTP/2 stream close | context')
})

test('a listener on a connection belongs to the last request of the connection', async (t) => {
  const child = await start(t, 'sockets')
  const agent = new http.Agent({ keepAlive: true })
  assert.equal((await child.ask('/later', { ...from('late'), agent })).status, 200)
  agent.destroy()
  const line = await child.line((line) => line.fault !== undefined)
  assert.equal(line.reqId, 'late')
  t.diagnostic('escape | messages | socket close, after the reply | context')
  assert.equal(line.fault.attributedTo, 'context')
})

test('a listener of finish belongs to its own response, whatever is pipelined around it', async (t) => {
  const child = await start(t, 'sockets')
  const get = (path: string, id: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\nx-request-id: ${id}\r\n\r\n`
  const orders = [
    get('/plain', 'before') + get('/leaves-a-frame', 'own'),
    get('/plain', 'before') + get('/leaves-a-frame', 'own') + get('/plain', 'after') + get('/slow', 'slow'),
    get('/leaves-a-frame', 'own') + get('/slow', 'slow'),
  ]
  const connections = await Promise.all(orders.map((order) => connectRaw(child.port, order)))
  const statuses = () =>
    connections.map(({ received }) =>
      received()
        .match(/(?<=HTTP\/1\.1 )\d{3}/g)
        ?.join(),
    )
  await until(() => statuses().join().split(',').length === 8)
  assert.deepEqual(statuses(), ['200,200', '200,200,200,200', '200,200'])
  await until(() => faults(child).length === 3)
  assert.deepEqual(
    faults(child).map((line) => line.reqId),
    ['own', 'own', 'own'],
  )
  for (const { socket } of connections) socket.destroy()
})

// Node 24 and later: a handle keeps the frame that was current when its connection was accepted, for good.
test('the frame of a callback that threw is not taken for the context of what comes next', async (t) => {
  const child = await start(t, 'sockets')
  await child.ask('/leaves-a-frame', from('frame'))
  await until(() => faults(child).length === 1)
  const next = await connectRaw(
    child.port,
    'GET /next-bytes HTTP/1.1\r\nhost: a\r\nx-request-id: next\r\n\r\n',
  )
  await until(() => next.received().includes('\r\n\r\n'))
  next.socket.write('GET /pl') // no request yet
  await until(() => faults(child).length === 2)
  next.socket.destroy()
  assert.deepEqual(
    faults(child).map((line) => line.reqId),
    ['frame', 'next'],
  )
})
