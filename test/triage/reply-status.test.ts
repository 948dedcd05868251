import assert from 'node:assert/strict'
import { tracingChannel } from 'node:diagnostics_channel'
import { describe, it, type TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import createError from 'http-errors'
import { FatalError } from '../../src/index.ts'
import type { IsolateOptions } from '../../src/options/options.ts'
import { bodyOf, MASKED, testApp } from '../support/app.ts'

type Install = (app: FastifyInstance) => void

/** What is answered by an app with the plugin, or without. */
async function answerOf(t: TestContext, install: Install, isolate?: IsolateOptions | false) {
  const test = testApp(t, isolate === undefined ? {} : { isolate })
  install(test.app)
  const { status, body } = await test.ask('/x')
  return { status, body, faults: test.faults.length }
}

const hidden = (): Error => new Error('the reason')

/** How apps answer with a status of their own and an Error. */
const ANSWERS: Record<string, Install> = {
  'reply.code(401).send(error)': (app) => {
    app.get('/x', (_request, reply) => {
      reply.code(401).send(hidden())
    })
  },
  'reply.code(404), then a throw': (app) => {
    app.get('/x', (_request, reply) => {
      reply.code(404)
      throw hidden()
    })
  },
  'reply.code(404), then a rejection': (app) => {
    app.get('/x', async (_request, reply) => {
      reply.code(404)
      throw hidden()
    })
  },
  'reply.code(409), then an error that is returned': (app) => {
    app.get('/x', async (_request, reply) => {
      reply.code(409)
      return hidden()
    })
  },
  'reply.code(403) and done(error) in a hook': (app) => {
    app.get('/x', async () => 'never')
    app.addHook('preHandler', (_request, reply, done) => {
      reply.code(403)
      done(hidden())
    })
  },
  'reply.code(400) and a throw in an async hook': (app) => {
    app.get('/x', async () => 'never')
    app.addHook('onRequest', async (_request, reply) => {
      reply.code(400)
      throw hidden()
    })
  },
  'reply.code(404).send(error) in a 404 handler': (app) => {
    app.setNotFoundHandler((_request, reply) => {
      reply.code(404).send(hidden())
    })
  },
  'reply.status(422).send(error) in an error handler': (app) => {
    app.get('/x', async () => {
      throw Object.assign(new Error('first'), { statusCode: 400 })
    })
    app.setErrorHandler((_error, _request, reply) => {
      reply.status(422).send(hidden())
    })
  },
  'a plain object with a statusCode': (app) => {
    app.get('/x', async () => {
      throw { statusCode: 429, error: 'Too Many', message: 'slow down' }
    })
  },
  'reply.code(400), then what is no Error': (app) => {
    app.get('/x', async (_request, reply) => {
      reply.code(400)
      throw { message: 'no Error' }
    })
  },
}

describe('a status of 400 to 499 on the reply, before the error, makes it an answer', () => {
  for (const [name, install] of Object.entries(ANSWERS)) {
    it(`${name}: as bare Fastify answers`, async (t) => {
      const { faults, ...answer } = await answerOf(t, install)
      const bare = await answerOf(t, install, false)
      assert.deepEqual(answer, { status: bare.status, body: bare.body })
      assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status}`)
      assert.equal(faults, 0)
    })
  }

  it("`expected: 'branded'` knows no such status", async (t) => {
    const { status, body, faults } = await answerOf(t, ANSWERS['reply.code(404), then a throw'] as Install, {
      expected: 'branded',
    })
    assert.equal(status, 500)
    assert.deepEqual(bodyOf({ body } as never), MASKED)
    assert.equal(faults, 1)
  })

  it('a fatal error stays fatal', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async (_request, reply) => {
      reply.code(409)
      throw new FatalError('the reason')
    })
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.equal(test.faults[0]?.verdict, 'fatal')
  })

  it('a function gets the reply', async (t) => {
    const { status, faults } = await answerOf(t, ANSWERS['reply.code(404), then a throw'] as Install, {
      expected: (_error, _request, reply) => reply?.statusCode === 404,
    })
    assert.deepEqual([status, faults], [404, 0])
  })
})

describe('a status of 500 to 599 on the reply is that of the masked answer', () => {
  const unavailable: Install = (app) => {
    app.get('/x', async (_request, reply) => {
      reply.code(503)
      throw hidden()
    })
  }

  it('by the convention', async (t) => {
    const { status, body, faults } = await answerOf(t, unavailable)
    assert.equal(status, 503)
    const error = 'Service Unavailable'
    assert.deepEqual(bodyOf({ body } as never), { statusCode: 503, error, message: error })
    assert.equal(faults, 1)
  })

  it("not with `expected: 'branded'`", async (t) => {
    assert.equal((await answerOf(t, unavailable, { expected: 'branded' })).status, 500)
  })
})

describe('a status of the error comes before that on the reply', () => {
  it('of http-errors, after reply.code(500)', async (t) => {
    const { status, faults } = await answerOf(t, (app) => {
      app.get('/x', async (_request, reply) => {
        reply.code(500)
        throw createError(503, 'the reason')
      })
    })
    assert.deepEqual([status, faults], [503, 1])
  })

  it('of a handlerTimeout, after reply.code(404)', async (t) => {
    const { status, body, faults } = await answerOf(t, (app) => {
      app.get('/x', { handlerTimeout: 20 }, async (_request, reply) => {
        reply.code(404)
        await new Promise(() => {})
      })
    })
    assert.deepEqual([status, faults], [503, 1])
    assert.doesNotMatch(body, /timed out/)
  })
})

describe('a status says nothing of an error', () => {
  const late: Record<string, Install> = {
    'of an `onSend` hook, after an answer with that status': (app) => {
      app.get('/x', async (_request, reply) => reply.code(404).send({ found: false }))
      app.addHook('onSend', async () => {
        throw hidden()
      })
    },
    'of an `onSend` hook, after an expected error': (app) => {
      app.get('/x', async () => {
        throw Object.assign(new Error('no such thing'), { statusCode: 404 })
      })
      app.addHook('onSend', async () => {
        throw hidden()
      })
    },
    'of a serializer, after an answer with that status': (app) => {
      app.get('/x', async (_request, reply) => reply.code(404).send({ reason: 1n }))
    },
    'of a serializer that `reply.send()` calls itself': (app) => {
      app.get('/x', (_request, reply) => {
        const serializer = (): string => {
          throw hidden()
        }
        reply.code(404).type('text/html').serializer(serializer).send('not found')
      })
    },
    'of Fastify, about an answer with that status': (app) => {
      app.get('/x', (_request, reply) => {
        reply.code(404).type('text/html').send({ reason: 'no string' })
      })
    },
    'of an error handler, which had set it for the error that it was called with': (app) => {
      app.get('/x', async () => {
        throw Object.assign(new Error('no such thing'), { statusCode: 404 })
      })
      app.setErrorHandler<{ statusCode: number }>((error, _request, reply) => {
        reply.code(error.statusCode)
        throw hidden()
      })
    },
    'that an `onError` hook sets after it': (app) => {
      app.get('/x', (_request, reply) => {
        reply.send(hidden())
      })
      app.addHook('onError', async (_request, reply) => {
        reply.code(404)
      })
    },
    'that has a statusCode of 500 itself': (app) => {
      app.get('/x', async (_request, reply) => {
        reply.code(404)
        throw Object.assign(hidden(), { statusCode: 500 })
      })
    },
    'that has the status of an upstream': (app) => {
      app.get('/x', (_request, reply) => {
        reply.code(401).send(Object.assign(hidden(), { status: 503 }))
      })
    },
    'that Fastify set itself for a tracer': (app) => {
      app.get('/x', async () => {
        throw Object.assign(hidden(), { status: 404 })
      })
    },
  }
  for (const [name, install] of Object.entries(late)) {
    it(name, async (t) => {
      const tracer = { error() {} } as unknown as Parameters<
        ReturnType<typeof tracingChannel>['subscribe']
      >[0]
      tracingChannel('fastify.request.handler').subscribe(tracer)
      t.after(() => tracingChannel('fastify.request.handler').unsubscribe(tracer))
      const { status, body, faults } = await answerOf(t, install)
      assert.equal(status, 500)
      assert.doesNotMatch(body, /reason/)
      assert.equal(faults, 1)
    })
  }
})
