import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, startFixture } from '../support/child.ts'
import { connectRaw, type RawConnection } from '../support/client.ts'
import { awaitFaults } from '../support/escapes.ts'
import { until } from '../support/until.ts'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\nx-request-id: ${path}\r\n\r\n`
const post = (path: string, body = '{"a":1}', length = body.length): string =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\nx-request-id: ${path}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`

function statuses(connection: RawConnection): number[] {
  return Array.from(connection.received().matchAll(/HTTP\/1\.1 (\d{3})/g), ([, status]) => Number(status))
}

async function answers(connection: RawConnection, count: number): Promise<number[]> {
  await until(() => statuses(connection).length >= count)
  return statuses(connection)
}

async function isIdle(child: Child): Promise<void> {
  await until(async () => (await child.ask('/in-flight')).body === '{"others":0}')
}

async function faultsOf(child: Child, count = 1): Promise<string[]> {
  return (await awaitFaults(child, count)).map(({ reqId, fault }) => `${reqId} ${fault.origin}`)
}

describe("an exception that passes Node's HTTP parser", () => {
  test('while it has the body: the connection is not used again', async (t) => {
    const child = await startFixture(t, 'escapes-connection')
    const connection = await connectRaw(child.port, post('/data'))
    await connection.closed
    assert.deepEqual(statuses(connection), [500])
    assert.match(connection.received(), /^connection: close\r$/im)
    await isIdle(child)
    assert.deepEqual(await faultsOf(child), ['/data exception'])
  })

  test('when the answer is already there: the connection is closed behind it', async (t) => {
    const child = await startFixture(t, 'escapes-connection')
    const connection = await connectRaw(child.port, post('/answers-early'))
    await connection.closed
    assert.deepEqual(statuses(connection), [200])
    assert.match(connection.received(), /early$/)
    await isIdle(child)
  })

  test('while it has the body of a later request: that one is answered too', async (t) => {
    const child = await startFixture(t, 'escapes-connection')
    const connection = await connectRaw(child.port, get('/fine') + get('/tick') + post('/post'))
    await connection.closed
    assert.deepEqual(statuses(connection), [200, 500, 500])
    assert.doesNotMatch(connection.received(), /hunter2/)
    await isIdle(child)
    assert.deepEqual(await faultsOf(child), ['/tick exception'])
  })
})

// Node's parser refuses what comes after an exception, as if the client had sent nonsense
test('a body of several chunks: the 400 for the later ones never reaches the client', async (t) => {
  const child = await startFixture(t, 'escapes-connection')
  const own = await connectRaw(child.port, post('/data', '{"a"', 70_007))
  const later = await connectRaw(child.port, get('/tick') + post('/post', '{"a"', 7))
  await awaitFaults(child, 2)
  own.socket.write(':1')
  own.socket.write('}'.padStart(70_000))
  later.socket.write(':1}')
  await Promise.all([own.closed, later.closed])
  assert.deepEqual([statuses(own), statuses(later)], [[500], [500, 500]])
  assert.match(own.received(), /"Internal Server Error","requestId":"\/data"/)
  await isIdle(child)
  const broken = await connectRaw(child.port, 'nonsense\r\n\r\n')
  await broken.closed
  assert.deepEqual(statuses(broken), [400])
})

test('ticks that throw one after the other cost the bodies of others nothing', async (t) => {
  const child = await startFixture(t, 'escapes-connection')
  const [block, ticks, ...others] = await Promise.all(
    Array.from({ length: 6 }, () => connectRaw(child.port, get('/fine'))),
  )
  await until(() => [block, ticks, ...others].every((connection) => connection?.received().endsWith('fine')))
  block?.socket.write(get('/block'))
  // they arrive while the server is busy, in this order
  await child.line((line) => line.msg === 'blocking')
  ticks?.socket.write(get('/ticks'))
  for (const other of others) other.socket.write(post('/post'))
  for (const other of others) assert.deepEqual(await answers(other, 2), [200, 200])
  assert.deepEqual(await answers(ticks as RawConnection, 2), [200, 500])
  await isIdle(child)
  assert.deepEqual(await faultsOf(child, 5), Array(5).fill('/ticks exception'))
  for (const connection of [block, ticks, ...others]) connection?.socket.destroy()
})

describe('an exception while a body is on its way', () => {
  test('costs a request without a body nothing, and its connection is kept', async (t) => {
    const child = await startFixture(t, 'escapes-connection')
    const connection = await connectRaw(child.port, get('/tick') + get('/fine'))
    assert.deepEqual(await answers(connection, 2), [500, 200])
    connection.socket.write(get('/fine') + post('/post'))
    assert.deepEqual(await answers(connection, 4), [500, 200, 200, 200])
    connection.socket.destroy()
  })

  test('costs a later request nothing whose body goes on', async (t) => {
    const child = await startFixture(t, 'escapes-connection')
    const connection = await connectRaw(child.port, get('/tick') + post('/post', '', 7))
    assert.deepEqual(await answers(connection, 1), [500])
    connection.socket.write('{"a"')
    await sleep(400) // twice the grace
    connection.socket.write(':1}')
    assert.deepEqual(await answers(connection, 2), [500, 200])
    assert.match(connection.received(), /\{"a":1\}$/)
    connection.socket.write(get('/fine'))
    assert.deepEqual(await answers(connection, 3), [500, 200, 200])
    connection.socket.destroy()
  })

  test('outside of the parser costs the request neither its answer nor its connection', async (t) => {
    const child = await startFixture(t, 'escapes-connection', { env: { GRACE: '5000' } })
    const connection = await connectRaw(child.port, post('/early', '{"a"', 7))
    await awaitFaults(child, 1)
    connection.socket.write(':1}')
    assert.deepEqual(await answers(connection, 1), [200])
    const [head, body] = post('/early')
      .replace(/content-length: \d+/, 'transfer-encoding: chunked')
      .split('\r\n\r\n')
    connection.socket.write(`${head}\r\n\r\n3\r\n{"a`)
    await awaitFaults(child, 2)
    connection.socket.write(`\r\n4;e=1\r\n${body?.slice(3)}\r\n0\r\na: b`)
    connection.socket.write(`\r\n\r\n${get('/fine')}`)
    assert.deepEqual(await answers(connection, 3), [200, 200, 200])
    assert.deepEqual(connection.received().match(/\{"a":1\}/g)?.length, 2)
    connection.socket.destroy()
  })

  test('of a request that has waited for it: it is answered on its own connection', async (t) => {
    const child = await startFixture(t, 'escapes-connection')
    const waits = await connectRaw(child.port, get('/waits'))
    await child.line((line) => line.msg === 'waiting')
    const wakes = await connectRaw(child.port, post('/wakes', '{"a"', 7))
    await wakes.closed
    assert.deepEqual(statuses(wakes), [500])
    assert.deepEqual(await answers(waits, 1), [500])
    assert.deepEqual(await faultsOf(child), ['/waits exception'])
    await isIdle(child)
    waits.socket.destroy()
  })
})

test('a blocked event loop takes nothing of the grace', async (t) => {
  const child = await startFixture(t, 'escapes-connection', { env: { GRACE: '700' } })
  const answer = await child.ask('/blocked')
  assert.equal(answer.status, 200, answer.body)
  await child.line((line) => line.fault?.origin === 'rejection')
})

for (const path of ['/slow-hook', '/slow-stream']) {
  test(`an answer that comes after the 500 is no fault: ${path}`, async (t) => {
    const child = await startFixture(t, 'escapes-connection')
    const answer = await child.ask(path)
    assert.equal(answer.status, 500)
    assert.doesNotMatch(answer.body, /too late/)
    await sleep(600) // until the answer has come after all
    assert.equal((await child.ask('/fine')).status, 200)
    assert.equal((await faultsOf(child)).length, 1)
    assert.deepEqual(
      child.log().map((line) => line.fault?.origin),
      ['exception'],
    )
  })
}
