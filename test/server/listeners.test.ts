import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import tls from 'node:tls'
import { type Child, type LogLine, startFixture } from '../support/child.ts'
import { type Answer, connectRaw } from '../support/client.ts'
import { faults } from '../support/escapes.ts'
import { until } from '../support/until.ts'

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: echo\r\n'
/** What reaches each listener: a request line and the headers. */
const requests = {
  upgrade: (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n`,
  connect: (path: string) => `CONNECT ${path} HTTP/1.1\r\nHost: a\r\n\r\n`,
  checkContinue: (path: string) =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n`,
  checkExpectation: (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\nExpect: the-unexpected\r\n\r\n`,
  clientErrorHandler: (path: string) => `GET ${path} HTTP/1.1\r\nNo header\r\n\r\n`,
}

const CAUGHT = { origin: 'handler', attributedTo: 'call', verdict: 'contain' }
const failures = {
  throws: CAUGHT,
  'throws-undefined': CAUGHT,
  'throws-an-answer': CAUGHT,
  rejects: CAUGHT,
  'rejects-later': CAUGHT,
  floats: { origin: 'rejection', attributedTo: 'context', verdict: 'contain' },
  'sets-a-timer': { origin: 'exception', attributedTo: 'context', verdict: 'recycle' },
}

/** Ten requests that wait until the fixture lets them go. */
async function crowd(child: Child): Promise<() => Promise<Answer[]>> {
  const answers = Array.from({ length: 10 }, () => child.ask('/slow'))
  await until(async () => JSON.parse((await child.ask('/waiting')).body).waiting === 10)
  return async () => {
    await child.ask('/finish')
    return Promise.all(answers)
  }
}

/** The line of the fault that comes after the `count` before it. */
async function nextFault(child: Child, count: number): Promise<LogLine> {
  await until(() => faults(child).length > count)
  return faults(child)[count] as LogLine
}

/** Checks what a line tells of the request; undefined where the connection had brought none. */
function assertRequest(
  line: LogLine,
  expected: { method?: string | undefined; url: string } | undefined,
): void {
  const { method, url, remoteAddress, remotePort } = line.req
  assert.deepEqual({ method, url }, { method: expected?.method, url: expected?.url })
  assert.equal(remoteAddress, '127.0.0.1')
  assert.equal(typeof remotePort, 'number')
}

/** Ends the fixture, and checks that it had gone on serving others. */
async function assertUnharmed(child: Child, finish: () => Promise<Answer[]>): Promise<void> {
  assert.deepEqual(
    new Set((await finish()).map(({ status, body }) => `${status} ${body}`)),
    new Set(['200 slow']),
  )
  assert.deepEqual(JSON.parse((await child.ask('/plain')).body), { inFlight: 1 })
  child.kill('SIGTERM')
  assert.deepEqual(await child.exited, [0, null])
  assert.equal(child.stderr(), '')
}

describe("a listener on Node's server that fails costs its own client alone", () => {
  for (const [event, request] of Object.entries(requests)) {
    test(event, async (t) => {
      const child = await startFixture(t, 'server-listeners')
      const finish = await crowd(child)
      for (const [i, [failure, expected]] of Object.entries(failures).entries()) {
        const path = `/${event}/${failure}`
        const connection = await connectRaw(child.port, request(path))
        await connection.closed
        const received = connection.received()
        assert.match(received, /^HTTP\/1\.1 500 Internal Server Error\r\n/, path)
        assert.match(received, /^connection: close\r$/im)
        assert.doesNotMatch(received, /hunter2/)
        const body = JSON.parse(received.slice(received.indexOf('\r\n\r\n')))
        assert.equal(body.message, 'Internal Server Error')
        const line = await nextFault(child, i)
        const { origin, attributedTo, verdict } = line.fault
        assert.deepEqual({ origin, attributedTo, verdict }, expected, path)
        const [method] = request(path).split(' ')
        if (event === 'clientErrorHandler') {
          assertRequest(line, undefined)
          const what =
            attributedTo === 'call' ? 'connection failed' : 'an error escaped, perhaps from a connection'
          assert.ok(line.msg.startsWith(`${what}: `), line.msg)
        } else {
          assertRequest(line, { method, url: path })
          assert.equal(body.requestId, line.reqId)
        }
      }
      await assertUnharmed(child, finish)
      assert.equal(faults(child).length, Object.keys(failures).length)
    })
  }
})

/** What a client has got until its connection was closed. */
async function exchange(child: Child, bytes: string): Promise<string> {
  const connection = await connectRaw(child.port, bytes)
  await connection.closed
  return connection.received()
}

describe('an upgraded connection', () => {
  test('whose listener throws once it has written: is cut', async (t) => {
    const child = await startFixture(t, 'server-listeners')
    const finish = await crowd(child)
    for (const failure of ['throws', 'rejects-later']) {
      const received = await exchange(child, requests.upgrade(`/written/${failure}`))
      assert.match(received, /^HTTP\/1\.1 101 .*\r\n\r\n$/s)
    }
    await assertUnharmed(child, finish)
    assert.equal(faults(child).length, 2)
  })

  test('that a floating error belongs to: is cut, unless it is written to', async (t) => {
    const child = await startFixture(t, 'server-listeners')
    const finish = await crowd(child)
    assert.match(await exchange(child, requests.upgrade('/written/floats')), /^HTTP\/1\.1 101 .*\r\n\r\n$/s)
    const flowing = await connectRaw(child.port, requests.upgrade('/writes-on/floats'))
    await until(() => faults(child).length === 2)
    const before = flowing.received().length
    await until(() => flowing.received().length > before + 50) // 10 ms each: more than the grace
    assert.equal(flowing.socket.destroyed, false)
    flowing.socket.destroy()
    await assertUnharmed(child, finish)
  })

  test('whose socket has a listener that throws: is cut', async (t) => {
    const child = await startFixture(t, 'server-listeners')
    const finish = await crowd(child)
    const [broken, fine] = await Promise.all([
      connectRaw(child.port, requests.upgrade('/echo/a')),
      connectRaw(child.port, requests.upgrade('/echo/b')),
    ])
    await until(() => [broken, fine].every((connection) => connection.received().endsWith('\r\n\r\n')))
    broken.socket.write('throw')
    await broken.closed
    fine.socket.write('hello')
    await until(() => fine.received().endsWith('hello'))
    fine.socket.destroy()
    const line = await nextFault(child, 0)
    assert.equal(line.req.url, '/echo/a')
    assert.equal(line.fault.attributedTo, 'context')
    await assertUnharmed(child, finish)
    assert.equal(faults(child).length, 1)
  })

  test('whose client left is no fault', async (t) => {
    const child = await startFixture(t, 'server-listeners')
    const finish = await crowd(child)
    const connection = await connectRaw(child.port, requests.upgrade('/echo/leaves'))
    await until(() => connection.received() !== '')
    connection.socket.resetAndDestroy()
    await assertUnharmed(child, finish)
    assert.equal(faults(child).length, 0)
  })
})

test('a listener that works: as without the plugin', async (t) => {
  const child = await startFixture(t, 'server-listeners')
  const connection = await connectRaw(child.port, requests.checkContinue('/body'))
  await until(() => connection.received() === 'HTTP/1.1 100 Continue\r\n\r\n')
  connection.socket.write('{}')
  await until(() => connection.received().endsWith('{}'))
  assert.match(connection.received(), /^HTTP\/1\.1 200 OK\r$/m)
  connection.socket.destroy()
})

test('a listener that came after the boot, and one that is called once', async (t) => {
  const child = await startFixture(t, 'server-listeners')
  const finish = await crowd(child)
  const received = await exchange(child, requests.upgrade('/once'))
  assert.match(received, /^HTTP\/1\.1 500 /)
  const late = await child.ask('/late')
  assert.deepEqual([late.status, late.body], [200, 'answered'])
  await assertUnharmed(child, finish)
  assert.deepEqual(
    faults(child).map(({ fault, req }) => `${req.url} ${fault.attributedTo} ${fault.verdict}`),
    ['/once call contain', '/late call contain'],
  )
})

for (const failure of ['throws', 'rejects']) {
  test(`a connection whose listener ${failure}: is cut`, async (t) => {
    const child = await startFixture(t, 'server-listeners', { env: { CONNECTION: failure } })
    assert.equal(await exchange(child, ''), '')
    const line = await nextFault(child, 0)
    assertRequest(line, undefined)
    assert.equal(line.fault.verdict, 'contain')
    await assertUnharmed(child, await crowd(child))
  })
}

test('behind TLS: a connection, and an upgrade', async (t) => {
  const child = await startFixture(t, 'server-listeners', { env: { TLS: '1', CONNECTION: 'throws' } })
  const received: string[] = []
  for (let i = 0; i < 2; i += 1) {
    const socket = tls.connect({ port: child.port, host: '127.0.0.1', rejectUnauthorized: false })
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('error', () => {})
    socket.write(requests.upgrade('/upgrade/throws'))
    await once(socket, 'close')
    received.push(text)
  }
  assert.equal(received[0], '')
  assert.match(received[1] ?? '', /^HTTP\/1\.1 500 .*"requestId":"no-id-1"\}$/s)
  assertRequest(await nextFault(child, 0), undefined)
  assert.equal((await nextFault(child, 1)).req.url, '/upgrade/throws')
  child.kill('SIGTERM')
  assert.deepEqual(await child.exited, [0, null])
})

test('without escapes: what is caught in the call', async (t) => {
  const child = await startFixture(t, 'server-listeners', { env: { ESCAPES: 'off' } })
  const finish = await crowd(child)
  for (const [i, failure] of ['throws', 'rejects-later'].entries()) {
    const received = await exchange(child, requests.upgrade(`/upgrade/${failure}`))
    assert.match(received, /^HTTP\/1\.1 500 /)
    assert.equal((await nextFault(child, i)).req.url, `/upgrade/${failure}`)
  }
  await assertUnharmed(child, finish)
})

test('behind a serverFactory: what rewriteUrl and the factory throw', async (t) => {
  const child = await startFixture(t, 'server-listeners', { env: { FACTORY: '1' } })
  const finish = await crowd(child)
  const paths = ['/rewrite', '/factory/throws', '/factory/rejects', '/factory/rejects-later']
  for (const [i, path] of paths.entries()) {
    const answer = await child.ask(path)
    assert.equal(answer.status, 500)
    assert.doesNotMatch(answer.body, /hunter2/)
    const line = await nextFault(child, i)
    assertRequest(line, { method: 'GET', url: path })
    assert.equal(line.fault.verdict, 'contain')
    assert.equal(JSON.parse(answer.body).requestId, line.reqId)
  }
  for (const [i, path] of ['/after/throws', '/after/rejects'].entries()) {
    const answer = await child.ask(path)
    assert.deepEqual([answer.status, answer.body], [200, 'answered'])
    assert.equal((await nextFault(child, paths.length + i)).req.route, path)
  }
  await assertUnharmed(child, finish)
  assert.equal(faults(child).length, paths.length + 2)
})
