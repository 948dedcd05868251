import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'
import { connectRaw, type RawConnection } from '../support/client.ts'
import { until } from '../support/until.ts'

const get = (path: string, version = '1.1'): string => `GET ${path} HTTP/${version}\r\nhost: a\r\n\r\n`
const post = (path: string, body: string, length = body.length): string =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\nx-request-id: ${path}\r\ncontent-type: application/json\r\n` +
  `content-length: ${length}\r\n\r\n${body}`

const statuses = (connection: RawConnection): string[] =>
  Array.from(connection.received().matchAll(/HTTP\/1\.1 (\d{3})/g), ([, status]) => status as string)

test('on the wire', async (t) => {
  const child = await startFixture(t, 'wire')
  const session = http2.connect(`http://127.0.0.1:${child.ready.http2Port}`)
  t.after(() => session.destroy())
  const ask2 = async (path: string, method = 'GET') => {
    const stream = session.request({ ':path': path, ':method': method })
    let body = ''
    stream.setEncoding('utf8').on('data', (chunk) => (body += chunk))
    const closed = once(stream, 'close')
    const [headers] = await once(stream, 'response')
    await closed
    return { headers: headers as http2.IncomingHttpHeaders, body }
  }

  await t.test(
    'HTTP/2: the answer to HEAD that has a stream for its body is over with its head',
    async () => {
      assert.equal((await ask2('/head', 'HEAD')).headers[':status'], 200)
      await until(async () => (await ask2('/in-flight')).body === '{"others":0}')
    },
  )

  await t.test('a forced answer has no header that the handler had set', async () => {
    const { headers } = await child.ask('/prepared')
    assert.deepEqual([headers['x-of-a-hook'], headers['x-of-the-success']], ['yes', undefined])
    const { headers: headers2 } = await ask2('/prepared')
    assert.equal(headers2[':status'], 500)
    assert.deepEqual([headers2['x-of-a-hook'], headers2['x-of-the-success']], ['yes', undefined])
  })

  await t.test(
    'what the app sends while a hook works on the forced answer does not take its place',
    async () => {
      for (const path of ['/answers-while-a-hook-works', '/answers-while-a-hook-streams']) {
        const { status, body } = await child.ask(path)
        assert.deepEqual([status, JSON.parse(body).message], [500, 'Internal Server Error'], path)
        const { headers, body: body2 } = await ask2(path)
        assert.deepEqual(
          [headers[':status'], JSON.parse(body2).message],
          [500, 'Internal Server Error'],
          path,
        )
      }
    },
  )

  await t.test('a listener of close that throws leaves no pipelined request behind', async () => {
    const connection = await connectRaw(child.port, get('/throws-as-it-closes') + get('/hangs'))
    await until(async () => (await child.ask('/in-flight')).body === '{"others":2}')
    connection.socket.resetAndDestroy()
    await until(async () => (await child.ask('/in-flight')).body === '{"others":0}')
  })

  await t.test('a body that the end of the connection would end is cut with a reset', async () => {
    const old = await connectRaw(child.port, get('/half', '1.0'))
    // where the framing tells, an orderly end lets all that was sent come through
    const framed = await connectRaw(child.port, get('/half'))
    const head = await connectRaw(child.port, get('/half', '1.0').replace('GET', 'HEAD'))
    // libuv takes a reset that comes together with data for an end
    await until(() => [old, framed].every((each) => each.received().includes('half of it')))
    // Node sends the head of its answer with the end alone
    await until(async () => (await child.ask('/in-flight')).body === '{"others":3}')
    const events: string[] = []
    old.socket.on('error', ({ code }: NodeJS.ErrnoException) => events.push(`old ${code}`))
    framed.socket.on('end', () => events.push('framed end'))
    head.socket.on('end', () => events.push('head end'))
    await child.ask('/break')
    await Promise.all([old.closed, framed.closed, head.closed])
    assert.deepEqual(events.sort(), ['framed end', 'head end', 'old ECONNRESET'])
  })

  await t.test('a pipelined response that is destroyed before its turn is cut when that comes', async () => {
    const connection = await connectRaw(child.port, get('/slow') + get('/destroys') + get('/fine'))
    await connection.closed
    assert.deepEqual(statuses(connection), ['200'])
    assert.match(connection.received(), /slow$/)
    // its turn comes between its end and Node's word of that
    const atOnce = await connectRaw(child.port, get('/hijacks') + get('/destroys') + get('/fine'))
    await atOnce.closed
    assert.deepEqual(statuses(atOnce), ['500'])
    // the server has closed it, and nobody who ended the server
    assert.equal((await child.ask('/fine')).status, 200)
  })

  await t.test(
    'a stalled response is cut although the one before it takes longer than its grace',
    async () => {
      const connection = await connectRaw(child.port, get('/slow-stream') + get('/stalls') + get('/fine'))
      await connection.closed
      assert.deepEqual(statuses(connection), ['200', '200'])
      assert.match(connection.received(), /begun\r\n$/)
      assert.equal((await child.ask('/fine')).status, 200)
    },
  )

  await t.test('what Node does to a response by itself is no fault', async () => {
    assert.equal((await ask2('/head-of-a-text', 'HEAD')).headers[':status'], 200)
    // those behind one that is cut go with their connection
    const connection = await connectRaw(
      child.port,
      get('/stalls') + get('/slow?behind') + get('/fine?behind'),
    )
    await connection.closed
    const last = await child.ask('/prepared?last')
    assert.equal(last.status, 500)
    await child.line(({ fault, req }) => fault !== undefined && req.url === '/prepared?last')
    const urls = child.log().flatMap(({ fault, req }) => (fault === undefined ? [] : [req.url]))
    assert.deepEqual(
      urls.filter((url) => url === '/head-of-a-text' || url.endsWith('?behind')),
      [],
    )
  })

  await t.test('a stream that is not as long as it says is cut, and spoils no other answer', async () => {
    for (const length of [8, 12, 20]) {
      const connection = await connectRaw(child.port, get(`/of-length/${length}`) + get('/fine'))
      await connection.closed
      const [, body = ''] = connection.received().split('\r\n\r\n')
      // not a byte more than it says, and not a byte of the next answer
      assert.ok('half of the body'.startsWith(body) && body.length < length + 1, `${length}: ${body}`)
      const line = await child.line(({ req }) => req?.url === `/of-length/${length}`)
      assert.equal(line.fault.origin, 'stream')
    }
    const whole = await connectRaw(child.port, get('/of-length/16') + get('/fine'))
    await until(() => whole.received().endsWith('fine'))
    assert.deepEqual(statuses(whole), ['200', '200'])
    whole.socket.destroy()
  })

  await t.test(
    'an exception of a request that has ended stops the parser in the body of the next',
    async () => {
      const body = '{"a":1}'
      const whole = await connectRaw(child.port, get('/late') + post('/echo', body) + get('/fine'))
      await whole.closed
      assert.deepEqual(statuses(whole), ['200', '500'])
      assert.match(whole.received(), /"Internal Server Error","requestId":"\/echo"\}$/)
      // Node refuses what comes then, as if the client had sent nonsense
      const parts = await connectRaw(child.port, get('/late') + post('/echo', '{"a"', body.length))
      await until(() => statuses(parts).length === 1)
      parts.socket.write(':1}')
      await parts.closed
      assert.deepEqual(statuses(parts), ['200', '500'])
      await until(async () => (await child.ask('/in-flight')).body === '{"others":0}')
    },
  )

  await t.test('a second exception does not hide that the first has stopped the parser', async () => {
    const body = '{"a":1}'
    const connection = await connectRaw(child.port, get('/two-escapes') + post('/echo', '{"a"', body.length))
    const ofIt = () => child.log().filter(({ fault, req }) => fault && req?.url === '/two-escapes')
    await until(() => ofIt().length === 2)
    // before the grace of the first is over, if the machine is quick
    connection.socket.write(':1}')
    await connection.closed
    assert.deepEqual(statuses(connection), ['500', '500'])
    assert.match(connection.received(), /"requestId":"\/echo"\}$/)
  })
})
