import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { describe, it } from 'node:test'
import type { FastifyReply } from 'fastify'
import { bodyOf, MASKED, type TestApp, testApp, until } from '../support/app.ts'

const messages = (test: TestApp): string[] => test.faults.map(({ error }) => (error as Error).message)

describe('an error that is sent after the answer', () => {
  const sent: Record<string, (reply: FastifyReply) => unknown> = {
    'is a fault, and the answer stands': (reply) => reply.send('fine'),
    'is a fault, and the client of a hijacked reply is answered': (reply) => reply.hijack(),
  }
  for (const [what, answer] of Object.entries(sent)) {
    it(what, async (t) => {
      const test = testApp(t)
      test.app.get('/x', (_request, reply) => {
        answer(reply)
        setImmediate(() => reply.send(new Error('late')))
      })
      const { status, body } = await test.ask('/x')
      assert.ok(status === 200 ? body === 'fine' : status === 500)
      assert.equal(status === 500, what.includes('hijacked'))
      await until('its line', () => test.faultLines().length === 1)
      assert.deepEqual(messages(test), ['late'])
      assert.equal(test.faults[0]?.request?.route, '/x')
      const others = test.troubleLines().filter((line) => line.fault === undefined)
      assert.deepEqual(
        others.map((line) => line.err.code),
        ['FST_ERR_REP_ALREADY_SENT'],
      )
    })
  }

  it('is a fault where a `handlerTimeout` has answered', async (t) => {
    const test = testApp(t)
    let goOn = (): void => {}
    test.app.get('/x', { handlerTimeout: 20 }, (_request, reply) => {
      goOn = () => void reply.send(new Error('late'))
    })
    assert.equal((await test.ask('/x')).status, 503)
    goOn()
    assert.equal(messages(test)[1], 'late')
  })

  it('is known where it was the answer', async (t) => {
    const test = testApp(t)
    test.app.get('/x', (_request, reply) => {
      const error = new Error('once')
      reply.send(error)
      setImmediate(() => reply.send(error))
    })
    assert.equal((await test.ask('/x')).status, 500)
    await until('the warning', () => test.troubleLines().length === 2)
    assert.deepEqual(messages(test), ['once'])
  })
})

describe('while an onError hook runs', () => {
  it('the error is logged already, and a `handlerTimeout` answers where the hook hangs', async (t) => {
    const test = testApp(t)
    const onError = async (): Promise<never> => {
      assert.deepEqual(messages(test), ['first'])
      return new Promise(() => {})
    }
    test.app.get('/x', { onError, handlerTimeout: 50 }, async () => {
      throw new Error('first')
    })
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.deepEqual(bodyOf(answer), MASKED)
    assert.deepEqual(messages(test), ['first'])
    assert.deepEqual(
      test.troubleLines().map((line) => line.err.code ?? line.err.message),
      ['first', 'FST_ERR_HANDLER_TIMEOUT'],
    )
  })

  it('another error is a fault too, and the first is answered', async (t) => {
    const test = testApp(t)
    test.app.get('/x', { onError: () => new Promise(setImmediate) }, async (_request, reply) => {
      reply.send(Object.assign(new Error('first'), { statusCode: 503 }))
      throw new Error('second')
    })
    assert.equal((await test.ask('/x')).status, 503)
    assert.deepEqual(messages(test), ['first', 'second'])
    assert.equal(test.troubleLines().length, 2)
  })
})

describe('a stream that an onSend hook has piped into another one', () => {
  async function* failing(first: string[]): AsyncGenerator<string> {
    yield* first
    await new Promise(setImmediate)
    throw new Error('of the source')
  }

  for (const method of ['GET', 'HEAD']) {
    for (const first of [[], ['first']]) {
      it(`and that fails, ${method}, after ${first.length} chunks`, async (t) => {
        const test = testApp(t)
        test.app.get('/x', async () => Readable.from(failing(first)))
        test.app.addHook('onSend', async (_request, _reply, payload) =>
          payload instanceof Readable ? payload.pipe(new PassThrough()) : payload,
        )
        const answer = await test.ask('/x', { method })
        if (first.length === 0 || method === 'HEAD') assert.ok([200, 500].includes(answer.status))
        else assert.equal(answer.error, 'ECONNRESET')
        if (method === 'GET') await until('its line', () => test.faultLines().length === 1)
        if (method === 'GET') assert.equal(test.faults[0]?.origin, 'stream')
      })
    }
  }
})

it('a chunk of a stream of the Web that Node refuses is answered at once', async (t) => {
  const test = testApp(t, { isolate: { grace: 60_000 } })
  for (const first of [[], ['text']]) {
    test.app.get(`/after-${first.length}`, async () => {
      return new ReadableStream({
        start(controller) {
          for (const chunk of first) controller.enqueue(chunk)
          controller.enqueue({ no: 'chunk' })
        },
      })
    })
  }
  const answer = await test.ask('/after-0')
  assert.equal(answer.status, 500)
  assert.deepEqual(bodyOf(answer), MASKED)
  assert.equal((await test.ask('/after-1')).error, 'ECONNRESET')
  await until('their lines', () => test.faultLines().length === 2)
  assert.deepEqual(
    test.faults.map(({ origin }) => origin),
    ['stream', 'stream'],
  )
})
