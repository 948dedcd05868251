import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import createError from 'http-errors'
import { bodyOf, MASKED, testApp, until } from '../support/app.ts'

const boom = (): never => {
  throw new Error('boom')
}

async function* failing(first: unknown): AsyncGenerator<unknown> {
  yield first
  await turn()
  await turn()
  boom()
}

describe('a body that is no stream to begin with', () => {
  it('is cut where an onSend hook made a failing stream of it, without a count of bytes', async (t) => {
    const test = testApp(t)
    test.app.addHook('onSend', async () => Readable.from(failing('first')))
    test.app.get('/x', async () => 'text')
    const answer = await test.ask('/x')
    assert.equal(answer.error, 'ECONNRESET')
    await until('the line', () => test.faultLines().length === 1)
    assert.equal(test.faults[0]?.origin, 'stream')
    assert.equal(test.faultLines()[0]?.bytesSent, undefined)
  })

  it('counts an empty chunk as nothing', async (t) => {
    const test = testApp(t)
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(new Uint8Array(0))
        controller.enqueue(new Uint8Array(5))
        await turn()
        await turn()
        controller.error(new Error('boom'))
      },
    })
    test.app.get('/x', async () => body)
    await test.ask('/x')
    await until('the line', () => test.faultLines().length === 1)
    assert.ok([0, 5].includes(test.faultLines()[0]?.bytesSent))
  })
})

describe('what comes after an async hook', () => {
  it('a validator that throws: 500, one line', async (t) => {
    const test = testApp(t)
    test.app.post('/x', {
      schema: { body: {} },
      validatorCompiler: () => boom,
      preValidation: async () => {},
      handler: async () => 'fine',
    })
    const answer = await test.ask('/x', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    assert.equal(answer.status, 500)
    assert.deepEqual(bodyOf(answer), MASKED)
    assert.equal(test.troubleLines().length, 1)
  })
})

describe('headers that hooks had set', () => {
  it('on the raw response stay, also where no handler started', async (t) => {
    const test = testApp(t)
    test.app.addHook('onRequest', async (_request, reply) => {
      reply.raw.setHeader('x-frame-options', 'DENY')
      reply.raw.setHeader('set-cookie', 'session=secret')
      reply.header('vary', ['origin', 'accept'])
    })
    test.app.get('/hook', { preHandler: async () => boom() }, async () => 'fine')
    test.app.get('/handler', async () => boom())
    for (const path of ['/hook', '/handler']) {
      const { headers, status } = await test.ask(path)
      assert.equal(status, 500)
      assert.equal(headers['x-frame-options'], 'DENY')
      assert.equal(headers['set-cookie'], undefined)
      assert.equal(headers.vary, 'origin, accept')
    }
  })
})

describe('headers that were set before the handler', () => {
  for (const name of ['onRequest', 'preParsing', 'preValidation', 'preHandler']) {
    it(`stay where the only hook is one of ${name}`, async (t) => {
      const test = testApp(t)
      const hook = async (_request: unknown, reply: FastifyReply): Promise<void> => {
        reply.header('x-frame-options', 'DENY')
      }
      test.app.get('/x', { [name]: hook }, async (_request, reply) => {
        reply.header('x-of-the-handler', '1')
        boom()
      })
      const { headers } = await test.ask('/x')
      assert.equal(headers['x-frame-options'], 'DENY')
      assert.equal(headers['x-of-the-handler'], undefined)
    })
  }

  it('stay where the handler before it called `callNotFound()`, and go where there was none', async (t) => {
    const test = testApp(t)
    test.app.get('/x', (_request, reply) => {
      reply.header('x-before', '1').callNotFound()
    })
    test.app.setNotFoundHandler(async (_request, reply) => {
      reply.header('x-of-the-handler', '1')
      boom()
    })
    const { headers } = await test.ask('/x')
    assert.equal(headers['x-before'], '1')
    assert.equal(headers['x-of-the-handler'], undefined)
  })
})

describe('an expected error', () => {
  it('after the head was written by hand: the connection is cut, and nothing hangs', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async (_request, reply) => {
      reply.raw.write('half')
      throw createError(404, 'too late')
    })
    const answer = await test.ask('/x')
    assert.equal(answer.error, 'ECONNRESET')
    assert.equal(test.faults.length, 0)
  })
})

describe('a client that goes away', () => {
  it('is no fault of the hook that passes its error on', async (t) => {
    const test = testApp(t)
    let reads = (): void => {}
    const reading = new Promise<void>((resolve) => {
      reads = resolve
    })
    let error: unknown
    test.app.addHook('onRequest', async (request) => {
      request.raw.once('error', (cause) => {
        error = cause
      })
      reads()
    })
    test.app.addHook('onRequestAbort', async (_request) => {
      await turn()
      throw error
    })
    test.app.post('/x', async () => 'fine')
    const socket = connect(await test.listen(), '127.0.0.1')
    await once(socket, 'connect')
    socket.write('POST /x HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\nab')
    await reading
    socket.destroy()
    await until('the lines', () => test.lines().some((line) => /client went away/.test(line.msg)))
    assert.equal(test.faults.length, 0)
  })
})
