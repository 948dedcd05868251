import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import { types } from 'node:util'
import type { FastifyInstance } from 'fastify'
import { isolatedAppOf } from '../../src/isolated-app.ts'
import { bodyOf, MASKED, type TestApp, testApp, until } from '../support/app.ts'
import { hostileValues } from '../support/hostile.ts'

type Place = (app: FastifyInstance, value: unknown) => void

function withDeepStack(): never {
  return withDeepStack()
}

function stackOverflow(): unknown {
  try {
    withDeepStack()
  } catch (error) {
    return error
  }
  throw new Error('no stack overflow')
}

function values(): [string, unknown][] {
  const toJsonThrows = Object.assign(new Error('unserializable'), {
    toJSON() {
      throw new Error('toJSON')
    },
  })
  return [
    ...hostileValues(),
    ['a stack overflow', stackOverflow()],
    ['an AggregateError', new AggregateError([new Error('one'), new Error('two')], 'many')],
    ['a toJSON that throws', toJsonThrows],
    [
      'an error of the reply itself',
      Object.assign(new Error('hung'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }),
    ],
  ]
}

const throwIt = (value: unknown): never => {
  throw value
}

const PLACES: Record<string, Place> = {
  'a sync handler': (app, value) => app.get('/x', () => throwIt(value)),
  'an async handler': (app, value) => app.get('/x', async () => throwIt(value)),
  'a handler whose promise is rejected later': (app, value) =>
    app.get('/x', () => new Promise((_, reject) => setImmediate(reject, value))),
  'a sync hook': (app, value) =>
    app.get('/x', { preHandler: (_request, _reply, _done) => throwIt(value) }, async () => 'fine'),
  'an async hook': (app, value) =>
    app.get('/x', { onRequest: async () => throwIt(value) }, async () => 'fine'),
  'an onSend hook': (app, value) => {
    let calls = 0
    app.get(
      '/x',
      {
        onSend: (_request, _reply, payload, done) => {
          calls += 1
          if (calls === 1) throwIt(value)
          done(null, payload)
        },
      },
      async () => 'fine',
    )
  },
  'an async onSend hook': (app, value) =>
    app.get('/x', { onSend: async () => throwIt(value) }, async () => 'fine'),
  'a content-type parser': (app, value) => {
    app.addContentTypeParser('text/x', { parseAs: 'string' }, () => throwIt(value))
    app.post('/x', async () => 'fine')
  },
  'an async content-type parser': (app, value) => {
    app.addContentTypeParser('text/x', async () => throwIt(value))
    app.post('/x', async () => 'fine')
  },
  'an error event': (app, value) =>
    app.get('/x', async () => {
      const stream = new PassThrough()
      setImmediate(() => stream.emit('error', value))
      return stream
    }),
  'an error handler': (app, value) => {
    app.setErrorHandler(() => throwIt(value))
    app.get('/x', async () => throwIt(value))
  },
  'an async error handler': (app, value) => {
    app.setErrorHandler(async () => throwIt(value))
    app.get('/x', async () => throwIt(value))
  },
  'an error handler that passes it on': (app, value) => {
    app.setErrorHandler((error, _request, reply) => {
      if (types.isNativeError(error)) reply.send(error)
      else throwIt(error)
    })
    app.get('/x', async () => throwIt(value))
  },
}

function inFlight({ app }: TestApp): number {
  return isolatedAppOf(app)!.requests.size
}

async function askBoth(test: TestApp, isPost: boolean) {
  const options = isPost ? { method: 'POST', headers: { 'content-type': 'text/x' }, body: 'body' } : {}
  return Promise.all([test.ask('/x', options), test.ask('/fine')])
}

describe('whatever is thrown stays in its request', () => {
  for (const [place, install] of Object.entries(PLACES)) {
    describe(`by ${place}`, { concurrency: false }, () => {
      for (const [name, value] of values()) {
        it(name, async (t) => {
          const test = testApp(t)
          test.app.get('/fine', async () => 'fine')
          install(test.app, value)
          const [answer, other] = await askBoth(test, place.includes('parser'))

          assert.equal(answer.status, 500, answer.error)
          assert.deepEqual(bodyOf(answer), MASKED)
          assert.equal(other.status, 200)
          assert.equal(other.body, 'fine')
          await until('its line', () => test.faultLines().length > 0)
          assert.equal(test.troubleLines().length, 1, JSON.stringify(test.troubleLines()).slice(0, 4000))
          const [line] = test.faultLines()
          assert.equal(line?.req.route, '/x')
          assert.match(line?.reqId, /^req-/)
          assert.match(line?.msg, /^request failed: /)
          assert.equal(test.faults.length, 1)
          assert.ok(Object.is(test.faults[0]?.error, value), 'the same value')
          await until('nothing in flight', () => inFlight(test) === 0)
        })
      }
    })
  }
})

describe('whatever is given for an answer is answered', () => {
  const ways: Record<string, Place> = {
    'returned by a sync handler': (app, value) => app.get('/x', () => value),
    'returned by an async handler': (app, value) => app.get('/x', async () => value),
    'sent by a handler': (app, value) => app.get('/x', (_request, reply) => void reply.send(value)),
    'sent later': (app, value) =>
      app.get('/x', (_request, reply) => void setImmediate(() => reply.send(value))),
    'returned by an error handler': (app, value) => {
      app.setErrorHandler(() => value)
      app.get('/x', async () => throwIt(new Error('first')))
    },
    'returned by `answer`': (app, value) =>
      app.get('/x', { config: { isolate: { answer: () => value } } }, async () =>
        throwIt(new Error('first')),
      ),
  }
  for (const [way, install] of Object.entries(ways)) {
    for (const [name, value] of values()) {
      // a function that answers with a callback may return undefined
      if (value === undefined && /sync handler|error handler/.test(way) && !way.includes('async')) continue
      it(`${name}, ${way}`, async (t) => {
        const test = testApp(t)
        test.app.get('/fine', async () => 'fine')
        install(test.app, value)
        const [answer, other] = await Promise.all([test.ask('/x'), test.ask('/fine')])
        assert.equal(answer.error, undefined)
        assert.ok(answer.status === 200 || answer.status === 500)
        assert.equal(other.body, 'fine')
        await until('nothing in flight', () => inFlight(test) === 0)
      })
    }
  }
})

describe('a hostile status of an error', () => {
  for (const statusCode of ['abc', 99, 200, 204, 304, 999_999, Number.NaN, -1, 500.5, null, {}, 10n]) {
    it(`${String(statusCode)} gives 500`, async (t) => {
      const test = testApp(t)
      test.app.get('/x', async () => throwIt(Object.assign(new Error('no'), { statusCode })))
      const answer = await test.ask('/x')
      assert.equal(answer.status, 500)
      assert.deepEqual(bodyOf(answer), MASKED)
      assert.equal(test.faults.length, 1)
    })
  }
})

describe('hostile headers of an error', () => {
  const headers: Record<string, unknown> = {
    'CR and LF': { 'retry-after': '1\r\nset-cookie: a=b', 'x-ratelimit-limit': '9' },
    'a name that is none': { 'a b': '1', '': '2', 'x-ratelimit-limit': '9' },
    'a getter that throws': Object.defineProperty({ 'x-ratelimit-limit': '9' }, 'x-bad', {
      enumerable: true,
      get: () => throwIt('no'),
    }),
    'values that are none': { 'x-a': undefined, 'x-b': Symbol('b'), 'x-c': {}, 'x-ratelimit-limit': '9' },
  }
  for (const [name, value] of Object.entries(headers)) {
    it(name, async (t) => {
      const test = testApp(t)
      test.app.get('/x', async () =>
        throwIt(Object.assign(new Error('no'), { statusCode: 503, headers: value })),
      )
      const answer = await test.ask('/x')
      assert.equal(answer.status, 503)
      assert.equal(answer.headers['x-ratelimit-limit'], '9')
      assert.equal(answer.headers['set-cookie'], undefined)
      assert.equal(answer.headers['retry-after'], undefined)
      assert.equal(test.troubleLines().length, 1)
    })
  }

  it('of no object at all', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async () => throwIt(Object.assign(new Error('no'), { statusCode: 503, headers: 'x' })))
    assert.equal((await test.ask('/x')).status, 503)
  })
})
