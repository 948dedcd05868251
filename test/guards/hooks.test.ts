import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FastifyInstance, RouteShorthandOptions } from 'fastify'
import { isolate } from '../../src/isolate.ts'
import { isolatedAppOf } from '../../src/isolated-app.ts'
import { currentContext } from '../../src/request/async-context.ts'
import { contextOf } from '../../src/request/context-slot.ts'
import { bodyOf, MASKED, testApp, until } from '../support/app.ts'

const boom = (): never => {
  throw new Error('boom')
}
const rejectLater = () => new Promise<never>((_, reject) => setImmediate(reject, new Error('boom')))
type Done = (error?: Error | null, value?: unknown) => void

/** Every way in which a function that ends with `done` fails. */
const CALLBACK_WAYS: Record<string, (...args: unknown[]) => unknown> = {
  throws: boom,
  'is async and throws': async () => boom(),
  'rejects later': rejectLater,
  'calls done with an error': (...args) => (args.at(-1) as Done)(new Error('boom')),
  'calls done with an error later': (...args) => {
    setImmediate(args.at(-1) as Done, new Error('boom'))
  },
}

/** An async function must not take `done`. */
function asHook(way: (...args: unknown[]) => unknown, parameters: number): (...args: never[]) => unknown {
  if (way.constructor.name === 'AsyncFunction' || way === rejectLater) return way
  const hooks: Record<number, unknown> = {
    2: (a: unknown, done: unknown) => way(a, done),
    3: (a: unknown, b: unknown, done: unknown) => way(a, b, done),
    4: (a: unknown, b: unknown, c: unknown, done: unknown) => way(a, b, c, done),
  }
  return hooks[parameters] as (...args: never[]) => unknown
}

const ANSWERING_HOOKS = {
  onRequest: 3,
  preParsing: 4,
  preValidation: 3,
  preHandler: 3,
  preSerialization: 4,
  onSend: 4,
} as const

describe('a hook before the answer', () => {
  for (const [hook, parameters] of Object.entries(ANSWERING_HOOKS)) {
    for (const [way, fail] of Object.entries(CALLBACK_WAYS)) {
      for (const isOnRoute of [true, false]) {
        it(`${hook} ${isOnRoute ? 'of the route' : 'of the app'} ${way}: 500 and one line`, async (t) => {
          const test = testApp(t)
          const failing = asHook(fail, parameters)
          if (!isOnRoute) test.app.addHook(hook as 'onRequest', failing as never)
          const options = isOnRoute ? ({ [hook]: failing } as RouteShorthandOptions) : {}
          test.app.get('/x', options, async () => ({ fine: true }))
          const answer = await test.ask('/x')
          assert.equal(answer.status, 500, answer.error)
          assert.deepEqual(bodyOf(answer), MASKED)
          assert.equal(test.troubleLines().length, 1, JSON.stringify(test.troubleLines()))
          assert.equal(test.faults.length, 1)
          assert.equal(test.faults[0]?.origin, 'hook')
          assert.equal(test.faults[0]?.request?.route, '/x')
          await assertServes(test.app)
        })
      }
    }
  }
})

async function assertServes(app: FastifyInstance): Promise<void> {
  const inFlight = isolatedAppOf(app)!.requests
  await until('nothing in flight', () => inFlight.size === 0)
}

describe('a hook whose error Fastify would only log', () => {
  for (const [way, fail] of Object.entries(CALLBACK_WAYS)) {
    it(`onResponse ${way}: the answer stands, one line`, async (t) => {
      const test = testApp(t)
      test.app.get('/x', { onResponse: asHook(fail, 3) as never }, async () => 'fine')
      const answer = await test.ask('/x')
      assert.equal(answer.body, 'fine')
      await until('its line', () => test.faultLines().length > 0)
      assert.equal(test.troubleLines().length, 1)
      assert.equal(test.faults[0]?.request?.route, '/x')
      await until('request completed', () => test.lines().some((line) => line.msg === 'request completed'))
    })

    it(`onError ${way}: answered with the first error, a line for each`, async (t) => {
      const test = testApp(t)
      test.app.get('/x', { onError: asHook(fail, 4) as never }, async () => {
        throw new Error('first')
      })
      const answer = await test.ask('/x')
      assert.equal(answer.status, 500, answer.error)
      assert.deepEqual(bodyOf(answer), MASKED)
      assert.deepEqual(
        test
          .faultLines()
          .map((line) => line.err.message)
          .sort(),
        ['boom', 'first'],
      )
      assert.equal(test.troubleLines().length, 2)
    })

    it(`onTimeout ${way}: one line`, async (t) => {
      const test = testApp(t, { fastify: { connectionTimeout: 300 } })
      test.app.get('/x', { onTimeout: asHook(fail, 3) as never }, () => new Promise(() => {}))
      const answer = await test.ask('/x')
      assert.equal(answer.status, 0)
      await until('its line', () => test.faultLines().length > 0)
      assert.equal(test.faultLines().length, 1)
      assert.equal(test.faultLines()[0]?.req.route, '/x')
      await assertServes(test.app)
    })

    it(`onRequestAbort ${way}: one line`, async (t) => {
      const test = testApp(t)
      let arrived = false
      test.app.post('/x', { onRequestAbort: asHook(fail, 2) as never }, async () => 'fine')
      test.app.addHook('onRequest', async () => {
        arrived = true
      })
      const port = await test.listen()
      const { connectRaw } = await import('../support/client.ts')
      const { socket } = await connectRaw(
        port,
        'POST /x HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 100\r\n\r\nhalf',
      )
      await until('arrived', () => arrived)
      socket.destroy()
      await until('its line', () => test.faultLines().length > 0)
      assert.equal(test.faultLines().length, 1, JSON.stringify(test.faultLines()))
      assert.equal(test.faultLines()[0]?.err.message, 'boom')
      await assertServes(test.app)
    })
  }

  it('tells an onError hook of exactly what was thrown', async (t) => {
    const test = testApp(t)
    const seen: unknown[] = []
    const onError = async (_request: unknown, _reply: unknown, error: unknown) => {
      seen.push(error)
    }
    test.app.get('/x', { onError }, async () => {
      throw 'a string'
    })
    await test.ask('/x')
    assert.deepEqual(seen, ['a string'])
  })

  it('logs once what an onError hook throws again, and what a handler sends and throws', async (t) => {
    for (const status of [undefined, 410]) {
      const test = testApp(t)
      const error = Object.assign(new Error('first'), { statusCode: status })
      const onError = async () => {
        throw error
      }
      test.app.get('/hook', { onError }, async () => {
        throw error
      })
      test.app.get('/handler', async (_request, reply) => {
        reply.send(error)
        throw error
      })
      for (const path of ['/hook', '/handler']) assert.equal((await test.ask(path)).status, status ?? 500)
      const expected = status === undefined ? 2 : 0
      assert.equal(test.troubleLines().length, expected, JSON.stringify(test.troubleLines(), undefined, 1))
    }
  })

  it('goes on once when an onError hook calls done and throws', async (t) => {
    const test = testApp(t)
    let handled = 0
    test.app.setErrorHandler(async () => {
      handled += 1
      return 'handled'
    })
    const onError = (_request: unknown, _reply: unknown, _error: unknown, done: () => void) => {
      done()
      boom()
    }
    test.app.get('/x', { onError }, async () => {
      throw new Error('first')
    })
    assert.equal((await test.ask('/x')).body, 'handled')
    assert.equal(handled, 1)
    assert.equal(test.faults.length, 2)
  })

  it('answers when an onError hook sends', async (t) => {
    const test = testApp(t)
    test.app.setErrorHandler(async () => {})
    test.app.get('/x', { onError: async (_request, reply) => void reply.send('no') }, async () => boom())
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.deepEqual(bodyOf(answer), MASKED)
  })
})

describe('a hook that is done and fails then', () => {
  it('onRequest: the request goes on, one line', async (t) => {
    const test = testApp(t)
    test.app.get(
      '/x',
      {
        preHandler: (_request, _reply, done) => {
          done()
          boom()
        },
      },
      async () => {
        await new Promise(setImmediate)
        return 'fine'
      },
    )
    const answer = await test.ask('/x')
    assert.equal(answer.body, 'fine')
    assert.equal(test.troubleLines().length, 1)
    assert.equal(test.faults[0]?.origin, 'hook')
  })

  it('onSend with a header that Node refuses: it is not the hook that failed, and nobody hangs', async (t) => {
    for (const when of ['at once', 'later']) {
      const test = testApp(t)
      test.app.get(
        '/x',
        {
          onSend: (_request, _reply, payload, done) => {
            if (when === 'later') setImmediate(done, null, payload)
            else done(null, payload)
          },
        },
        async (_request, reply) => reply.header('x-bad', 'a\r\nb').send('fine'),
      )
      const answer = await test.ask('/x')
      assert.equal(answer.status, 500, `${when}: ${answer.error}`)
      assert.deepEqual(bodyOf(answer), MASKED)
      assert.equal(test.troubleLines().length, 1)
      assert.equal(test.faults[0]?.origin, 'reply')
    }
  })

  it('answers and throws then: the answer stands, one line', async (t) => {
    for (const isAsync of [true, false]) {
      const test = testApp(t)
      const preHandler = isAsync
        ? async (_request: unknown, reply: { send(payload: unknown): void }) => {
            reply.send('answered')
            boom()
          }
        : (_request: unknown, reply: { send(payload: unknown): void }, _done: unknown) => {
            reply.send('answered')
            boom()
          }
      test.app.get('/x', { preHandler: preHandler as never }, async () => 'not reached')
      assert.equal((await test.ask('/x')).body, 'answered')
      await until('its line', () => test.faultLines().length === 1)
      assert.equal(test.troubleLines().length, 1)
    }
  })
})

describe('an onSend hook that fails on every answer', () => {
  it('gives a raw 500 with the security headers, and one line', async (t) => {
    const test = testApp(t)
    test.app.addHook('onRequest', async (_request, reply) => {
      reply.header('x-frame-options', 'DENY')
      reply.raw.setHeader('x-raw', 'kept')
    })
    test.app.addHook('onSend', async () => boom())
    test.app.get('/x', async (_request, reply) => reply.header('x-success', '1').send({ a: 1 }))
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.deepEqual(bodyOf(answer), MASKED)
    assert.equal(answer.headers['x-frame-options'], 'DENY')
    assert.equal(answer.headers['x-raw'], 'kept')
    assert.equal(answer.headers['x-success'], undefined)
    assert.equal(test.troubleLines().length, 1)
  })

  it('sets no cookie that a hook before it had set', async (t) => {
    const test = testApp(t)
    test.app.addHook('onSend', async (_request, reply) => {
      reply.header('set-cookie', 'session=of-the-success').header('x-other', 'kept')
    })
    test.app.addHook('onSend', async () => boom())
    test.app.get('/x', async () => 'fine')
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.equal(answer.headers['x-other'], 'kept')
    assert.equal(answer.headers['set-cookie'], undefined)
  })

  it('tells of the handler and of the hook when both fail', async (t) => {
    const test = testApp(t)
    test.app.addHook('onSend', async () => boom())
    test.app.get('/x', async () => {
      throw new TypeError('first')
    })
    assert.equal((await test.ask('/x')).status, 500)
    assert.deepEqual(
      test.faultLines().map((line) => line.err.message),
      ['first', 'boom'],
    )
    assert.equal(test.troubleLines().length, 2)
  })

  it('also fails on the answer to an expected error, which stays contained', async (t) => {
    const test = testApp(t)
    test.app.addHook('onSend', async () => boom())
    test.app.get('/x', async () => {
      throw Object.assign(new Error('gone'), { statusCode: 410 })
    })
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.deepEqual(bodyOf(answer), MASKED)
    assert.equal(test.faults.length, 1)
  })

  it('with an expected error has that for its answer, as in bare Fastify', async (t) => {
    const test = testApp(t)
    const missing = Object.assign(new Error('missing'), { statusCode: 404 })
    test.app.addHook('onSend', async () => {
      throw missing
    })
    test.app.get('/fine', async () => ({ a: 1 }))
    test.app.get('/gone', async () => {
      throw Object.assign(new Error('gone'), { statusCode: 410 })
    })
    for (const [path, status] of [
      ['/fine', 404],
      ['/gone', 410],
    ] as const) {
      const answer = await test.ask(path)
      assert.equal(answer.status, status)
      assert.equal(JSON.parse(answer.body).message, 'missing')
    }
    assert.equal(test.faults.length, 0)
  })

  for (const hook of ['onSend', 'preSerialization'] as const) {
    it(`with an object that would be an answer, from ${hook}, is a fault`, async (t) => {
      const test = testApp(t)
      const missing = { statusCode: 404, message: 'missing' }
      test.app.addHook(hook, async () => {
        throw missing
      })
      test.app.get('/x', async () => ({ a: 1 }))
      const answer = await test.ask('/x')
      assert.equal(answer.status, 500)
      assert.deepEqual(bodyOf(answer), MASKED)
      assert.deepEqual(
        test.faults.map(({ error }) => error),
        [missing],
      )
      assert.equal(test.faultLines().length, 1)
    })
  }
})

describe('the answer to an expected error', () => {
  it('with a header that Node refuses is a fault', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async (_request, reply) => {
      reply.header('x-bad', 'a\nb')
      throw Object.assign(new Error('gone'), { statusCode: 410 })
    })
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.deepEqual(bodyOf(answer), MASKED)
    assert.equal(test.faults.length, 1)
    assert.equal(test.faults[0]?.origin, 'reply')
  })

  it('with a sync onSend hook that fails is a fault', async (t) => {
    const test = testApp(t)
    test.app.get('/x', { onSend: (_a, _b, _c, done) => done(new Error('boom')) }, async () => {
      throw Object.assign(new Error('gone'), { statusCode: 410 })
    })
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.deepEqual(bodyOf(answer), MASKED)
    assert.equal(test.troubleLines().length, 1)
  })
})

describe('the other functions of an app', () => {
  const cases: Record<string, (app: FastifyInstance) => void> = {
    'a validator that throws': (app) => {
      app.setValidatorCompiler(() => boom)
      app.get('/x', { schema: { querystring: { type: 'object' } } }, async () => 'fine')
    },
    'a validator that throws after an async hook': (app) => {
      app.setValidatorCompiler(() => boom)
      const schema = { querystring: { type: 'object' } }
      app.get('/x', { schema, preValidation: async () => {} }, async () => 'fine')
    },
    'a validator that throws after a later callback': (app) => {
      app.setValidatorCompiler(() => boom)
      const schema = { querystring: { type: 'object' } }
      const preValidation = (_request: unknown, _reply: unknown, done: () => void) => {
        setImmediate(done)
      }
      app.get('/x', { schema, preValidation }, async () => 'fine')
    },
    'a serializer': (app) => {
      app.setSerializerCompiler(() => boom)
      const schema = { response: { 200: { type: 'object' } } }
      app.get('/x', { schema }, async () => ({ a: 1 }))
    },
    'a reply serializer of the app': (app) => {
      app.setReplySerializer(boom)
      app.get('/x', async () => ({ a: 1 }))
    },
    'a serializer of the reply': (app) => {
      app.get('/x', async (_request, reply) => reply.serializer(boom).send({ a: 1 }))
    },
    'a getter of a decorator': (app) => {
      app.decorateRequest('user', { getter: boom })
      app.get('/x', async (request) => (request as unknown as { user: string }).user)
    },
    'a getter in the payload': (app) => {
      app.get('/x', async () => Object.defineProperty({}, 'a', { enumerable: true, get: boom }))
    },
    'a circular body': (app) => {
      app.get('/x', async () => {
        const circular: Record<string, unknown> = {}
        circular.self = circular
        return circular
      })
    },
    'a BigInt body': (app) => app.get('/x', async () => ({ n: 1n })),
    'a body of no valid type': (app) => {
      app.get('/x', async (_request, reply) => reply.type('text/plain').send({ a: 1 }))
    },
    'a status that is none': (app) => app.get('/x', async (_request, reply) => reply.code(999).send('fine')),
    'a header that Node refuses': (app) => {
      app.get('/x', async (_request, reply) => reply.header('x-bad', 'a\nb').send('fine'))
    },
    'a header that Node refuses, in a callback': (app) => {
      app.get('/x', (_request, reply) => {
        setImmediate(() => reply.header('x-bad', 'a\nb').send('fine'))
      })
    },
    'a circular body in a callback': (app) => {
      app.get('/x', (_request, reply) => {
        setImmediate(() => reply.send({ n: 1n }))
      })
    },
  }
  for (const [name, install] of Object.entries(cases)) {
    it(`${name}: 500, one line`, async (t) => {
      const test = testApp(t)
      install(test.app)
      const answer = await test.ask('/x')
      assert.equal(answer.status, 500, answer.error)
      assert.deepEqual(bodyOf(answer), MASKED)
      assert.equal(test.troubleLines().length, 1, JSON.stringify(test.troubleLines(), undefined, 1))
      assert.equal(test.faults.length, 1)
      assert.equal(test.faults[0]?.request?.route, '/x')
    })
  }

  it('a content-type parser that is done and fails then: the request goes on, one line', async (t) => {
    for (const again of [
      boom,
      (done: Done) => done(new Error('boom')),
      (done: Done) => done(null, 'again'),
    ]) {
      const test = testApp(t)
      test.app.addContentTypeParser('text/x', { parseAs: 'string' }, (_request, body, done) => {
        done(null, body)
        again(done as Done)
      })
      let calls = 0
      test.app.post('/x', async (request) => {
        calls += 1
        return request.body
      })
      const ask = { method: 'POST', headers: { 'content-type': 'text/x' }, body: 'text' }
      const answer = await test.ask('/x', ask)
      assert.equal(answer.status, 200)
      assert.equal(answer.body, 'text')
      assert.equal(calls, 1)
      assert.equal(
        test.troubleLines().length,
        again.length === 1 && again.toString().includes('null,') ? 0 : 1,
      )
    }
  })

  for (const thrown of [undefined, 'text', Object.freeze(new Error('frozen'))]) {
    it(`a toJSON that throws ${String(thrown)}: the fault has exactly that`, async (t) => {
      const test = testApp(t)
      const toJSON = () => {
        throw thrown
      }
      test.app.get('/x', async () => ({ toJSON }))
      test.app.get('/schema', { schema: { response: { 200: {} } } }, async () => ({ toJSON }))
      for (const path of ['/x', '/schema']) {
        const answer = await test.ask(path)
        assert.equal(answer.status, 500)
        assert.deepEqual(bodyOf(answer), MASKED)
        assert.equal(test.faults.at(-1)?.error, thrown)
        assert.equal(test.faults.at(-1)?.origin, 'reply')
      }
      assert.equal(test.troubleLines().length, 2)
    })
  }

  it('genReqId: a substitute id', async (t) => {
    const test = testApp(t, { fastify: { genReqId: boom } })
    test.app.get('/x', async () => 'fine')
    const [one, two] = await Promise.all([test.ask('/x'), test.ask('/x')])
    assert.equal(one?.status, 500)
    const ids = [one, two].map((answer) => JSON.parse(answer?.body ?? '').requestId)
    assert.notEqual(ids[0], ids[1])
    assert.equal(test.troubleLines().length, 2)
    assert.deepEqual(new Set(test.faultLines().map((line) => line.reqId)), new Set(ids))
  })

  it('genReqId of a child, and of a route that opts out', async (t) => {
    const test = testApp(t)
    test.app.register(async (child) => {
      child.setGenReqId(boom)
      child.get('/in', async () => 'fine')
      child.get('/out', { config: { isolate: false } }, async () => 'fine')
    })
    test.app.get('/fine', async () => 'fine')
    assert.equal((await test.ask('/in')).status, 500)
    assert.equal((await test.ask('/out')).status, 500)
    assert.equal((await test.ask('/fine')).status, 200)
  })

  it('genReqId that is set before the plugin on a child, and after it on the app', async (t) => {
    const test = testApp(t, { isolate: false, fastify: { requestIdHeader: 'x-id' } })
    const { app } = test
    await app.register(async (child) => {
      child.setGenReqId(boom)
      child.get('/child', async () => 'fine')
    })
    await app.register(isolate())
    app.get('/x', async ({ id }) => id)
    app.setGenReqId(boom)
    app.register(async (child) => void child.get('/later', async () => 'fine'))
    for (const path of ['/child', '/x', '/later']) assert.equal((await test.ask(path)).status, 500)
    assert.equal((await test.ask('/x', { headers: { 'x-id': 'of the client' } })).body, 'of the client')
    assert.equal(app.isolation.counts.total, 3)
  })

  it('genReqId that an instance above the app sets later', async (t) => {
    const test = testApp(t, { isolate: false })
    await test.app.register(async (child) => {
      await child.register(isolate())
      child.get('/x', async ({ id }) => id)
    })
    test.app.setGenReqId(() => 'from above')
    assert.equal((await test.ask('/x')).body, 'from above')
  })

  it('a genReqId that gives no string', async (t) => {
    const test = testApp(t, { fastify: { genReqId: () => Object.create(null) } })
    test.app.get('/x', async () => boom())
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.deepEqual(bodyOf(answer), MASKED)
  })

  for (const [name, factory] of Object.entries({
    'that throws': boom,
    'that gives nothing': (): void => {},
    'that gives no logger': (): object => ({}),
  })) {
    it(`the factory of request loggers ${name}`, async (t) => {
      const test = testApp(t)
      test.app.setChildLoggerFactory(factory as never)
      test.app.get('/x', async () => 'fine')
      for (const path of ['/x', '/nowhere']) {
        const answer = await test.ask(path)
        assert.equal(answer.status, 500)
        assert.deepEqual(bodyOf(answer), MASKED)
      }
      assert.deepEqual(
        test.troubleLines().map((line) => [line.reqId, line.req.url]),
        [
          ['req-1', '/x'],
          ['req-2', '/nowhere'],
        ],
      )
    })
  }

  it('the factory of request loggers of a route, where the logger makes no children either', async (t) => {
    let boots = true
    const lines: { fault?: unknown }[] = []
    const logger: Record<string, unknown> = { child: () => (boots ? logger : boom()) }
    for (const level of ['trace', 'debug', 'info', 'warn', 'fatal']) logger[level] = (): void => {}
    logger.error = (line: object) => lines.push(line)
    const test = testApp(t, { fastify: { loggerInstance: logger as never, logger: undefined as never } })
    test.app.get('/x', { childLoggerFactory: boom }, async () => 'fine')
    await test.listen()
    boots = false
    assert.equal((await test.ask('/x')).status, 500)
    assert.equal(test.faults.length, 1)
    assert.equal(lines.filter((line) => line.fault !== undefined).length, 1)
  })

  it('the serializer of the log for requests', async (t) => {
    const test = testApp(t, { logger: { serializers: { req: boom } } })
    test.app.get('/x', async () => 'fine')
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.equal(test.faultLines()[0]?.req.route, '/x')
  })

  it('the serializer of the log for responses: the answer stands', async (t) => {
    const test = testApp(t, { logger: { serializers: { res: boom } } })
    test.app.get('/x', async () => 'fine')
    assert.equal((await test.ask('/x')).body, 'fine')
    await until('a line', () => test.troubleLines().length === 1)
    assert.match(test.troubleLines()[0]?.msg, /end of a request could not be logged/)
  })

  it('trustProxy: the fault has no address and no host', async (t) => {
    const test = testApp(t, { fastify: { trustProxy: boom } })
    test.app.get('/x', async () => boom())
    const answer = await test.ask('/x', {
      headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-host': 'a.example' },
    })
    assert.equal(answer.status, 500)
    assert.deepEqual(bodyOf(answer), MASKED)
    assert.equal(test.faults[0]?.request?.remoteAddress, undefined)
    assert.equal(test.faults[0]?.request?.host, undefined)
  })

  it('a thenable of the app that throws', async (t) => {
    const thenable = () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is what it is about
      then: boom,
    })
    const test = testApp(t)
    test.app.get('/handler', thenable)
    test.app.get('/hook', { preHandler: thenable as never }, async () => 'fine')
    for (const path of ['/handler', '/hook']) {
      const answer = await test.ask(path)
      assert.equal(answer.status, 500, path)
      assert.deepEqual(bodyOf(answer), MASKED)
    }
    assert.equal(test.troubleLines().length, 2)
  })

  it('a hook that goes on out of another asynchronous context: the rest is in the context of the request', async (t) => {
    const test = testApp(t)
    const waiting: (() => void)[] = []
    const outside = setInterval(() => waiting.splice(0).forEach((done) => void done()), 5)
    t.after(() => clearInterval(outside))
    const wait = (...args: unknown[]) => void waiting.push(args.at(-1) as () => void)
    const seen: unknown[] = []
    const see = (request: unknown) => seen.push(contextOf(request) === currentContext())
    const options: RouteShorthandOptions = {
      onRequest: [wait, async (request: unknown) => void see(request)],
      preParsing: [wait, async (request: unknown) => void see(request)] as never,
      onResponse: [wait, async (request: unknown) => void see(request)],
      preHandler: wait,
    }
    test.app.get('/x', options, async (request) => {
      see(request)
      return 'fine'
    })
    assert.equal((await test.ask('/x')).body, 'fine')
    await until('all', () => seen.length === 4)
    assert.deepEqual(seen.slice(0, 3), [true, true, true])
  })

  it('the 404 handler', async (t) => {
    for (const fail of [boom, async () => boom()]) {
      const test = testApp(t)
      test.app.setNotFoundHandler(fail)
      const answer = await test.ask('/nowhere')
      assert.equal(answer.status, 500)
      assert.deepEqual(bodyOf(answer), MASKED)
      assert.equal(test.troubleLines().length, 1)
      assert.equal(test.faults[0]?.request?.route, undefined)
    }
  })
})

describe('handlerTimeout', () => {
  it('is a fault with 503, and what the handler does later harms nothing', async (t) => {
    const test = testApp(t)
    let goOn = () => {}
    test.app.get('/x', { handlerTimeout: 50 }, async () => {
      await new Promise<void>((resolve) => {
        goOn = resolve
      })
      throw new Error('too late')
    })
    const answer = await test.ask('/x')
    assert.equal(answer.status, 503)
    assert.equal(bodyOf(answer).message, 'Service Unavailable')
    assert.equal(test.faultLines()[0]?.err.code, 'FST_ERR_HANDLER_TIMEOUT')
    goOn()
    await until('the second', () => test.faultLines().length === 2)
    assert.equal(test.faultLines()[1]?.err.message, 'too late')
    assert.equal(test.troubleLines().length, 2)
  })
})

describe('an error of the raw response', () => {
  it('is a fault', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async (_request, reply) => {
      reply.raw.emit('error', new Error('raw'))
      return 'fine'
    })
    assert.equal((await test.ask('/x')).body, 'fine')
    assert.deepEqual(
      test.troubleLines().map((line) => line.err.message),
      ['raw'],
    )
    assert.equal(test.faults[0]?.request?.route, '/x')
  })
})

describe('an answer that is given twice', () => {
  it('sent twice: the first one counts', async (t) => {
    const test = testApp(t)
    test.app.get('/x', (_request, reply) => {
      reply.send('first')
      reply.send('second')
    })
    test.app.get('/async', async (_request, reply) => {
      reply.send('first')
      return 'second'
    })
    assert.equal((await test.ask('/x')).body, 'first')
    assert.equal((await test.ask('/async')).body, 'first')
    assert.equal(test.faults.length, 0)
  })

  it('sent twice while an async hook delays the first: one answer', async (t) => {
    const test = testApp(t)
    test.app.addHook('onSend', async () => {
      await new Promise(setImmediate)
    })
    test.app.get('/x', (_request, reply) => {
      reply.send('first')
      reply.send('second')
    })
    const answer = await test.ask('/x')
    assert.equal(answer.status, 200)
    assert.equal(answer.body, 'first')
    assert.equal((await test.ask('/x')).status, 200)
  })

  it('a throw after reply.send: the answer stands, one line', async (t) => {
    const test = testApp(t)
    test.app.get('/sync', (_request, reply) => {
      reply.send('sent')
      boom()
    })
    test.app.get('/async', async (_request, reply) => {
      reply.send('sent')
      boom()
    })
    test.app.get('/later', async (_request, reply) => {
      reply.send('sent')
      await rejectLater()
    })
    const delayed = { onSend: async () => void (await new Promise(setImmediate)) }
    test.app.get('/delayed', delayed, async (_request, reply) => {
      reply.send('sent')
      boom()
    })
    let count = 0
    for (const path of ['/sync', '/async', '/later', '/delayed']) {
      const answer = await test.ask(path)
      assert.equal(answer.status, 200, path)
      assert.equal(answer.body, 'sent')
      count += 1
      await until('its line', () => test.faultLines().length === count)
      assert.equal(test.troubleLines().length, count, JSON.stringify(test.troubleLines()))
      assert.equal(test.faults.at(-1)?.origin, 'handler')
      assert.equal(test.faults.at(-1)?.request?.route, path)
    }
  })
})

describe('after reply.hijack()', () => {
  for (const isAsync of [true, false]) {
    it(`an unsent response gets a raw 500 (${isAsync ? 'async' : 'sync'})`, async (t) => {
      const test = testApp(t)
      test.app.addHook('onRequest', async (_request, reply) => void reply.header('x-frame-options', 'DENY'))
      test.app.get('/x', (_request, reply) => {
        reply.header('etag', 'of the success').header('x-success', '1')
        reply.hijack()
        return isAsync ? rejectLater() : boom()
      })
      const answer = await test.ask('/x')
      assert.equal(answer.status, 500, answer.error)
      assert.deepEqual(bodyOf(answer), MASKED)
      assert.equal(answer.headers['x-frame-options'], 'DENY')
      assert.equal(answer.headers.etag, undefined)
      assert.equal(answer.headers['x-success'], undefined)
      assert.equal(test.troubleLines().length, 1)
      await assertServes(test.app)
    })

    it(`a started response is cut (${isAsync ? 'async' : 'sync'})`, async (t) => {
      const test = testApp(t)
      test.app.get('/x', (_request, reply) => {
        reply.hijack()
        reply.raw.writeHead(200, { 'content-length': '100' })
        reply.raw.write('half')
        return isAsync ? rejectLater() : boom()
      })
      const answer = await test.ask('/x')
      assert.notEqual(answer.error, undefined)
      assert.equal(test.troubleLines().length, 1)
      await assertServes(test.app)
    })
  }

  it('an ended response stays', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async (_request, reply) => {
      reply.hijack()
      reply.raw.end('whole')
      boom()
    })
    assert.equal((await test.ask('/x')).body, 'whole')
    assert.equal(test.faults.length, 1)
  })

  it('a hook that hijacks and throws is answered too', async (t) => {
    const test = testApp(t)
    const preHandler = async (_request: unknown, reply: { hijack(): void }) => {
      reply.hijack()
      boom()
    }
    test.app.get('/x', { preHandler: preHandler as never }, async () => 'not reached')
    assert.equal((await test.ask('/x')).status, 500)
    assert.equal(test.troubleLines().length, 1)
  })
})
