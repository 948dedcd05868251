import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { isolatedAppOf } from '../../src/isolated-app.ts'
import { bodyOf, MASKED, type TestApp, testApp, until } from '../support/app.ts'
import { connectRaw } from '../support/client.ts'
import { WAIT_TIMEOUT } from '../support/timeouts.ts'

const CHUNK = 'x'.repeat(100)

/** A body that gives `chunks` and fails then. */
type Body = (chunks: number, error: unknown) => unknown

function webStream(chunks: number, error: unknown): ReadableStream {
  let given = 0
  return new ReadableStream({
    async pull(controller) {
      await new Promise(setImmediate)
      given += 1
      if (given > chunks) controller.error(error)
      else controller.enqueue(new TextEncoder().encode(CHUNK))
    },
  })
}

const BODIES: Record<string, Body> = {
  'a node stream': (chunks, error) => {
    let given = 0
    return new Readable({
      read() {
        given += 1
        if (given > chunks) setImmediate(() => this.destroy(error as Error))
        else setImmediate(() => this.push(CHUNK))
      },
    })
  },
  'a node stream of an async generator': (chunks, error) =>
    Readable.from(
      (async function* () {
        for (let i = 0; i < chunks; i += 1) {
          await new Promise(setImmediate)
          yield CHUNK
        }
        throw error
      })(),
    ),
  'a web stream': webStream,
  'a Response': (chunks, error) => new Response(webStream(chunks, error)),
}

const WAYS: Record<string, (reply: FastifyReply, body: unknown) => unknown> = {
  'returned by an async handler': async (_reply, body) => body,
  'sent by a handler': (reply, body) => reply.send(body),
  'sent later': (reply, body) => {
    setImmediate(() => reply.send(body))
  },
}

async function assertNothingInFlight(test: TestApp): Promise<void> {
  const inFlight = isolatedAppOf(test.app)!.requests
  await until('nothing in flight', () => inFlight.size === 0)
}

describe('a body that fails', () => {
  for (const [kind, body] of Object.entries(BODIES)) {
    for (const [way, send] of Object.entries(WAYS)) {
      it(`${kind} ${way}, before the first byte: 500`, async (t) => {
        const test = testApp(t)
        const error = new Error('secret')
        test.app.get('/x', (_request, reply) => send(reply.header('x-success', '1'), body(0, error)))
        const answer = await test.ask('/x')
        assert.equal(answer.status, 500, answer.error)
        assert.deepEqual(bodyOf(answer), MASKED)
        assert.equal(answer.headers['x-success'], undefined)
        assert.equal(test.troubleLines().length, 1)
        assert.equal(test.faults[0]?.error, error)
        assert.equal(test.faults[0]?.origin, 'stream')
        assert.equal(test.faults[0]?.request?.route, '/x')
        await assertNothingInFlight(test)
      })

      it(`${kind} ${way}, after the first byte: cut, with the bytes sent`, async (t) => {
        const test = testApp(t)
        const error = new Error('secret')
        test.app.get('/x', (_request, reply) => send(reply, body(3, error)))
        const answer = await test.ask('/x')
        assert.notEqual(answer.error, undefined, 'the client knows that it got a part')
        assert.equal(answer.status, 200)
        assert.doesNotMatch(answer.body, /secret/)
        await until('its line', () => test.faultLines().length > 0)
        assert.equal(test.troubleLines().length, 1, JSON.stringify(test.troubleLines()))
        const [line] = test.faultLines()
        assert.equal(line?.bytesSent, 300)
        assert.equal(line?.req.route, '/x')
        assert.equal(line?.reqId, 'req-1')
        assert.equal(line?.fault.origin, 'stream')
        assert.equal(test.faults[0]?.error, error)
        await assertNothingInFlight(test)
      })
    }
  }

  it('by an object, which is no chunk, before the first byte: 500, and no empty success', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async () => Readable.from([{ id: 1 }, { id: 2 }]))
    const answer = await test.ask('/x')
    assert.deepEqual([answer.status, bodyOf(answer)], [500, MASKED])
    assert.equal(test.faults[0]?.origin, 'stream')
    assert.equal(test.troubleLines().length, 1, JSON.stringify(test.troubleLines()))
    await assertNothingInFlight(test)
  })

  it('by an object, as the answer of the error handler does too: the masked 500', async (t) => {
    const test = testApp(t)
    test.app.setErrorHandler((_error, _request, reply) => reply.send(Readable.from([{ id: 2 }])))
    test.app.get('/x', async () => Readable.from([{ id: 1 }]))
    const answer = await test.ask('/x')
    assert.deepEqual([answer.status, bodyOf(answer)], [500, MASKED])
    assert.equal(test.faults.length, 1)
    await assertNothingInFlight(test)
  })

  it('by an object, which is no chunk, after the first byte: cut', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async () => Readable.from([CHUNK, { id: 1 }, CHUNK]))
    const answer = await test.ask('/x')
    assert.notEqual(answer.error, undefined, 'the client knows that it got no more than a part')
    await until('its line', () => test.faultLines().length > 0)
    assert.equal(test.faultLines()[0]?.fault.origin, 'stream')
    assert.equal(test.troubleLines().length, 1, JSON.stringify(test.troubleLines()))
    await assertNothingInFlight(test)
  })

  it('by being destroyed without an error is cut and a fault too', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async () => {
      const stream = new PassThrough()
      stream.write(CHUNK)
      setTimeout(() => stream.destroy(), 20)
      return stream
    })
    const answer = await test.ask('/x')
    assert.notEqual(answer.error, undefined)
    await until('its line', () => test.faultLines().length > 0)
    assert.equal(test.faultLines()[0]?.err.code, 'ERR_STREAM_PREMATURE_CLOSE')
  })

  for (const value of [undefined, null, 'text', 0, Object.freeze(new Error('frozen'))]) {
    it(`with an error event of ${String(value)}, after the first byte: cut`, async (t) => {
      const test = testApp(t)
      test.app.get('/x', async () => {
        const stream = new PassThrough()
        stream.write(CHUNK)
        setTimeout(() => stream.emit('error', value), 20)
        return stream
      })
      const answer = await test.ask('/x')
      assert.notEqual(answer.error, 'client timeout')
      assert.notEqual(answer.error, undefined)
      await until('its line', () => test.faultLines().length > 0)
      assert.equal(test.faults[0]?.error, value)
      assert.equal(test.faultLines().length, 1)
    })
  }

  it('does not shape the answer, but its status and the app handler may', async (t) => {
    const test = testApp(t)
    test.app.setErrorHandler((_error, _request, reply) => void reply.code(418).send('own'))
    test.app.get('/x', async () => BODIES['a node stream']?.(0, new Error('secret')))
    const answer = await test.ask('/x')
    assert.equal(answer.status, 418)
    assert.equal(answer.body, 'own')
    assert.equal(test.faultLines().length, 1)
  })

  it('leaves the other requests alone', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async () => BODIES['a node stream']?.(2, new Error('secret')))
    test.app.get('/fine', async () => Readable.from(['a', 'b']))
    const answers = await Promise.all([test.ask('/fine'), test.ask('/x'), test.ask('/fine')])
    assert.deepEqual([answers[0]?.body, answers[2]?.body], ['ab', 'ab'])
  })
})

it('a body that fails before its answer has the connection: cut when it has, and never left open', async (t) => {
  const test = testApp(t)
  let answerFirst = () => {}
  test.app.get('/first', (_request, reply) => {
    answerFirst = () => reply.send('first')
  })
  test.app.get('/second', () => BODIES['a node stream']?.(1, new Error('hunter2')))
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`
  const connection = await connectRaw(await test.listen(), get('/first') + get('/second'))
  await until('the fault', () => test.faults.length === 1)
  answerFirst()
  const closed = await Promise.race([
    connection.closed.then(() => true),
    sleep(WAIT_TIMEOUT, false, { ref: false }),
  ])
  connection.socket.destroy()
  assert.ok(closed, 'the connection is left open')
  assert.match(connection.received(), /first$/)
  await assertNothingInFlight(test)
})

describe('a Response', () => {
  it('whose body was used already: 500', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async () => {
      const response = new Response('text')
      await response.text()
      return response
    })
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.deepEqual(bodyOf(answer), MASKED)
    assert.equal(test.troubleLines().length, 1)
  })

  it('whose stream is locked: 500', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async () => {
      const stream = new ReadableStream()
      stream.getReader()
      return stream
    })
    assert.equal((await test.ask('/x')).status, 500)
    assert.equal(test.troubleLines().length, 1)
  })

  it('of an error: nothing of its status and headers stays', async (t) => {
    const test = testApp(t)
    test.app.get(
      '/x',
      async () => new Response(webStream(0, new Error('no')), { status: 201, headers: { etag: '1' } }),
    )
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.equal(answer.headers.etag, undefined)
  })
})

async function abortWhile(t: TestContext, install: (test: TestApp) => void, bytes: string) {
  const test = testApp(t)
  install(test)
  const port = await test.listen()
  const connection = await connectRaw(port, bytes)
  return { test, connection }
}

describe('a client that goes away', () => {
  it('while it gets a stream is no fault', async (t) => {
    for (const endless of [
      () =>
        new Readable({
          read() {
            setImmediate(() => this.push(CHUNK))
          },
        }),
      () =>
        new ReadableStream({
          async pull(controller) {
            await new Promise(setImmediate)
            controller.enqueue(new TextEncoder().encode(CHUNK))
          },
        }),
    ]) {
      const { test, connection } = await abortWhile(
        t,
        ({ app }) => app.get('/x', async () => endless()),
        'GET /x HTTP/1.1\r\nhost: x\r\n\r\n',
      )
      await until('some bytes', () => connection.received().length > 500)
      connection.socket.destroy()
      await until('its line', () => test.lines().some((line) => /client went away/.test(line.msg ?? '')))
      assert.equal(test.faultLines().length, 0)
      assert.equal(test.troubleLines().length, 0)
      await assertNothingInFlight(test)
    }
  })

  it('while it sends its body is no fault, but an info line', async (t) => {
    const { test, connection } = await abortWhile(
      t,
      ({ app }) => {
        app.post('/x', async () => 'fine')
        app.addHook('onRequest', async () => void setImmediate(() => connection?.socket.resetAndDestroy()))
      },
      'POST /x HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"half":',
    )
    await until('its line', () => test.lines().some((line) => /client went away/.test(line.msg ?? '')))
    const line = test.lines().find(({ msg }) => /client went away/.test(msg ?? ''))
    assert.equal(line?.level, 30)
    assert.equal(line?.reqId, 'req-1')
    assert.equal(test.faultLines().length, 0)
    assert.equal(test.troubleLines().length, 0)
    await assertNothingInFlight(test)
  })

  it('while the handler works: what the handler throws then is still a fault', async (t) => {
    let goOn: (() => void) | undefined
    const { test, connection } = await abortWhile(
      t,
      ({ app }) =>
        app.get('/x', async () => {
          await new Promise<void>((resolve) => {
            goOn = resolve
          })
          throw new TypeError('a bug')
        }),
      'GET /x HTTP/1.1\r\nhost: x\r\n\r\n',
    )
    await until('the handler', () => goOn !== undefined)
    connection.socket.destroy()
    await assertNothingInFlight(test)
    goOn?.()
    await until('its line', () => test.faultLines().length === 1)
    assert.equal(test.faultLines()[0]?.reqId, 'req-1')
    assert.equal(test.faultLines()[0]?.req.route, '/x')
  })

  it('is not to blame when an upstream hangs up', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async () => {
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    })
    assert.equal((await test.ask('/x')).status, 500)
    assert.equal(test.faultLines().length, 1)
  })
})
