import assert from 'node:assert/strict'
import { tracingChannel } from 'node:diagnostics_channel'
import { describe, it } from 'node:test'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isolate } from '../../src/isolate.ts'
import { bodyOf, MASKED, type TestApp, testApp, until } from '../support/app.ts'

type Handler = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => unknown

const ERROR = new TypeError('original')
const fail = async (): Promise<never> => {
  throw ERROR
}

/** Where a handler of the app can stand. Each gives the app a failing route `/x`. */
const PLACES: Record<string, (test: TestApp, handler: Handler) => void> = {
  'at the root, after the plugin': ({ app }, handler) => {
    app.register(isolate({}))
    app.setErrorHandler(handler)
    app.get('/x', fail)
  },
  'at the root, before the plugin': ({ app }, handler) => {
    app.setErrorHandler(handler)
    app.register(isolate({}))
    app.get('/x', fail)
  },
  'at the root, after the routes': ({ app }, handler) => {
    app.get('/x', fail)
    app.register(isolate({}))
    app.setErrorHandler(handler)
  },
  'in a child': ({ app }, handler) => {
    app.register(isolate({}))
    app.register(async (child) => {
      child.setErrorHandler(handler)
      child.get('/x', fail)
    })
  },
  'in a child registered before the plugin': ({ app }, handler) => {
    app.register(async (child) => {
      child.setErrorHandler(handler)
      child.get('/x', fail)
    })
    app.register(isolate({}))
  },
  'on the route': ({ app }, handler) => {
    app.register(isolate({}))
    app.get('/x', { errorHandler: handler }, fail)
  },
  'on a route before the plugin': ({ app }, handler) => {
    app.get('/x', { errorHandler: handler }, fail)
    app.register(isolate({}))
  },
  'in the options of the plugin': ({ app }, handler) => {
    app.register(isolate({ errorHandler: handler }))
    app.get('/x', fail)
  },
  'in the options of the plugin, after the route': ({ app }, handler) => {
    app.get('/x', fail)
    app.register(isolate, { errorHandler: handler })
  },
}

const pause = () => new Promise<void>((resolve) => setImmediate(resolve))

const OWNING: Record<string, Handler> = {
  'sends at once': (_error, _request, reply) => {
    reply.code(418).send('own')
  },
  'returns the reply': (_error, _request, reply) => reply.code(418).send('own'),
  returns: (_error, _request, reply) => {
    reply.code(418)
    return 'own'
  },
  'is async and returns': async (_error, _request, reply) => {
    await pause()
    reply.code(418)
    return 'own'
  },
  'is async and sends': async (_error, _request, reply) => {
    await pause()
    reply.code(418).send('own')
  },
  'is async and returns the reply': async (_error, _request, reply) => {
    await pause()
    return reply.code(418).send('own')
  },
  'sends later': (_error, _request, reply) => {
    setImmediate(() => reply.code(418).send('own'))
  },
  'returns the reply and sends later': async (_error, _request, reply) => {
    setImmediate(() => reply.code(418).send('own'))
    return reply
  },
  hijacks: (_error, _request, reply) => {
    reply.hijack()
    reply.raw.writeHead(418)
    reply.raw.end('own')
  },
}

const LEAVING: Record<string, { handler: Handler; lines: number }> = {
  'throws another error': {
    handler: () => {
      throw new Error('handler')
    },
    lines: 2,
  },
  'throws the same error': {
    handler: (error) => {
      throw error
    },
    lines: 1,
  },
  'rejects with another error': {
    handler: async () => {
      await pause()
      throw new Error('handler')
    },
    lines: 2,
  },
  'rejects with the same error': {
    handler: async (error) => {
      throw error
    },
    lines: 1,
  },
  'settles without an answer': { handler: async () => {}, lines: 1 },
  'settles later without an answer': { handler: pause, lines: 1 },
  'passes the error on': { handler: (error, _request, reply) => void reply.send(error), lines: 1 },
  'passes the error on later': {
    handler: async (error, _request, reply) => {
      await pause()
      reply.send(error)
    },
    lines: 1,
  },
  'returns the error': { handler: (error) => error, lines: 1 },
  'resolves to the error': { handler: async (error) => error, lines: 1 },
  'sends what cannot be sent': { handler: (_error, _request, reply) => void reply.send({ n: 1n }), lines: 2 },
}

describe("the app's own error handler", () => {
  for (const [place, install] of Object.entries(PLACES)) {
    for (const [name, handler] of Object.entries(OWNING)) {
      it(`${place}, that ${name}: owns the response`, async (t) => {
        const test = testApp(t, { isolate: false })
        const seen: unknown[] = []
        install(test, function (this: FastifyInstance, error, request, reply) {
          seen.push(error)
          return handler.call(this, error, request, reply)
        })
        const answer = await test.ask('/x')
        assert.equal(answer.status, 418, answer.error)
        assert.equal(answer.body, 'own')
        assert.equal(seen.length, 1)
        assert.equal(seen[0], ERROR, 'the original error')
        assert.equal(test.faultLines().length, 1)
        assert.equal(test.troubleLines().length, 1)
        assert.equal(test.app.isolation.counts.total, 1)
        assert.equal(test.app.isolation.counts.origin.handler, 1)
      })
    }

    for (const [name, { handler, lines }] of Object.entries(LEAVING)) {
      it(`${place}, that ${name}: ours answers`, async (t) => {
        const test = testApp(t, { isolate: false })
        install(test, handler)
        const answer = await test.ask('/x')
        assert.equal(answer.status, 500, answer.error)
        assert.deepEqual(bodyOf(answer), MASKED)
        assert.equal(test.troubleLines().length, lines, JSON.stringify(test.troubleLines(), undefined, 1))
        assert.equal(
          test.faultLines().length,
          1,
          'what the handler itself did wrong is told beside the fault',
        )
        assert.equal(test.faultLines()[0]?.err.message, 'original')
        assert.equal(test.app.isolation.counts.total, 1)
      })
    }
  }

  it('runs as in bare Fastify: the innermost first, the next one when that throws', async (t) => {
    const test = testApp(t)
    const order: string[] = []
    test.app.setErrorHandler((_error, _request, reply) => {
      order.push('root')
      reply.send('by the root')
    })
    test.app.register(async (child) => {
      child.setErrorHandler((error) => {
        order.push('child')
        throw error
      })
      child.get(
        '/x',
        {
          errorHandler: (error) => {
            order.push('route')
            throw error
          },
        },
        fail,
      )
    })
    assert.equal((await test.ask('/x')).body, 'by the root')
    assert.deepEqual(order, ['route', 'child', 'root'])
    assert.equal(test.faultLines().length, 1)
    assert.equal(test.troubleLines().length, 1)
  })

  it('of the plugin comes after all others', async (t) => {
    const order: string[] = []
    const test = testApp(t, {
      isolate: {
        errorHandler: (_error, _request, reply) => {
          order.push('plugin')
          reply.code(418).send('by the plugin')
        },
      },
    })
    test.app.setErrorHandler((error) => {
      order.push('root')
      throw error
    })
    test.app.get('/x', fail)
    test.app.get('/out', { config: { isolate: false } }, fail)
    assert.equal((await test.ask('/x')).status, 418)
    assert.deepEqual(order, ['root', 'plugin'])
    assert.equal((await test.ask('/out')).status, 418)
  })

  it('of the plugin gets expected errors too', async (t) => {
    const test = testApp(t, { isolate: { errorHandler: (error) => ({ own: error.statusCode }) } })
    test.app.get('/x', async () => {
      throw Object.assign(new Error('gone'), { statusCode: 410 })
    })
    assert.deepEqual(JSON.parse((await test.ask('/x')).body), { own: 410 })
    assert.equal(test.faults.length, 0)
  })

  it('that fails after it has answered leaves the answer, and is a fault of its own', async (t) => {
    for (const isAsync of [true, false]) {
      const test = testApp(t)
      const handler: Handler = (_error, _request, reply) => {
        reply.send('own')
        throw new Error('handler')
      }
      test.app.setErrorHandler(isAsync ? async (...args) => handler(...args) : handler)
      test.app.get('/x', fail)
      assert.equal((await test.ask('/x')).body, 'own')
      await until('both lines', () => test.faultLines().length === 2)
      assert.equal(test.troubleLines().length, 2)
    }
  })

  it('that rethrows after it has answered is logged once', async (t) => {
    for (const isAsync of [true, false]) {
      const test = testApp(t)
      const handler: Handler = (error, _request, reply) => {
        reply.send('own')
        throw error
      }
      test.app.setErrorHandler(isAsync ? async (...args) => handler(...args) : handler)
      test.app.get('/x', fail)
      assert.equal((await test.ask('/x')).body, 'own')
      await until('completed', () => test.lines().some((line) => line.msg === 'request completed'))
      assert.equal(test.faultLines().length, 1)
    }
  })

  it('of the 404 handler works as well', async (t) => {
    const test = testApp(t)
    test.app.setErrorHandler((_error, _request, reply) => void reply.code(418).send('own'))
    test.app.setNotFoundHandler(fail)
    assert.equal((await test.ask('/nowhere')).status, 418)
    assert.equal(test.faultLines().length, 1)
  })

  it('is told of exactly what was thrown', async (t) => {
    for (const thrown of [undefined, null, 'text', 7, { a: 1 }]) {
      const test = testApp(t)
      const seen: unknown[] = []
      test.app.setErrorHandler((error, _request, reply) => {
        seen.push(error)
        reply.code(418).send('own')
      })
      test.app.get('/x', async () => {
        throw thrown
      })
      assert.equal((await test.ask('/x')).status, 418)
      assert.equal(seen.length, 1)
      assert.ok(Object.is(seen[0], thrown), String(thrown))
    }
  })

  it('is called with `this` being its instance', async (t) => {
    const test = testApp(t)
    test.app.setErrorHandler(function () {
      return { same: this === test.app }
    })
    test.app.get('/x', fail)
    assert.deepEqual(JSON.parse((await test.ask('/x')).body), { same: true })
  })
})

it("Fastify tells the subscribers of its channel of a handler's error, and of its end", async (t) => {
  const told: string[] = []
  const tell = (event: string) => (message: { error?: unknown }) => {
    told.push(`${event}: ${message.error === ERROR}`)
  }
  const tracer = { error: tell('error'), end: tell('end') } as unknown as Parameters<
    ReturnType<typeof tracingChannel>['subscribe']
  >[0]
  const test = testApp(t)
  test.app.get('/x', () => {
    throw ERROR
  })
  assert.deepEqual(bodyOf(await test.ask('/x')), MASKED)
  tracingChannel('fastify.request.handler').subscribe(tracer)
  t.after(() => tracingChannel('fastify.request.handler').unsubscribe(tracer))
  assert.deepEqual(bodyOf(await test.ask('/x')), MASKED)
  assert.deepEqual(told, ['error: true', 'end: true'])
  assert.equal(test.faults.length, 2)
})
