import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import type { FastifyReply } from 'fastify'
import type { Answer as AnswerOption } from '../../src/options/options.ts'
import { bodyOf, MASKED, testApp } from '../support/app.ts'
import type { AskOptions } from '../support/client.ts'

const fail = async (): Promise<never> => {
  throw new Error('secret')
}

const PROBLEM = { type: 'about:blank', title: 'Internal Server Error', status: 500 }

describe('the kinds of answers', () => {
  const accepts: [string, 'problem' | 'json'][] = [
    ['application/problem+json', 'problem'],
    ['Application/Problem+JSON', 'problem'],
    ['application/json, application/problem+json;q=0.5', 'problem'],
    ['text/html, application/problem+json', 'problem'],
    ['application/problem+json;q=0', 'json'],
    ['application/json', 'json'],
    ['*/*', 'json'],
    ['application/problem+jsonx', 'json'],
    [',;,=', 'json'],
    [`application/problem+json,${','.repeat(1000)}`, 'problem'],
    // a header that takes long to read
    [`application/problem+json,${','.repeat(3000)}`, 'json'],
  ]
  for (const [accept, kind] of accepts) {
    it(`Accept: ${accept.slice(0, 60)} (${accept.length}) gives ${kind}`, async (t) => {
      const test = testApp(t)
      test.app.get('/x', fail)
      const answer = await test.ask('/x', { headers: { accept } })
      assert.equal(answer.status, 500)
      if (kind === 'problem') {
        assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/)
        assert.deepEqual(bodyOf(answer), PROBLEM)
      } else {
        assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
        assert.deepEqual(bodyOf(answer), MASKED)
      }
    })
  }

  it("'problem' always gives a problem, with the status and the phrase of the error", async (t) => {
    const test = testApp(t, { isolate: { answer: 'problem' } })
    test.app.get('/x', async () => {
      throw Object.assign(new Error('secret'), { statusCode: 503, headers: { 'retry-after': '9' } })
    })
    test.app.get('/json', { config: { isolate: { answer: 'json' } } }, fail)
    const answer = await test.ask('/x', { headers: { accept: 'text/html' } })
    assert.equal(answer.status, 503)
    assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/)
    assert.equal(answer.headers['retry-after'], '9')
    assert.deepEqual(bodyOf(answer), { type: 'about:blank', title: 'Service Unavailable', status: 503 })
    assert.deepEqual(bodyOf(await test.ask('/json')), MASKED)
  })

  it('a problem of an exposed error has its message as detail', async (t) => {
    const test = testApp(t, { isolate: { answer: 'problem', expose: true } })
    test.app.get('/x', fail)
    const body = bodyOf(await test.ask('/x'))
    assert.equal(body.detail, 'secret')
    assert.equal(body.type, 'about:blank')
    assert.equal(body.title, 'Internal Server Error')
  })
})

async function answeredBy(t: TestContext, answer: AnswerOption, options: AskOptions = {}) {
  const test = testApp(t, { isolate: { answer } })
  test.app.get('/x', fail)
  return { answer: await test.ask('/x', options), test }
}

describe('a function that answers', () => {
  it('returns the payload and may set headers and the status', async (t) => {
    const { answer, test } = await answeredBy(t, (fault, request, reply) => {
      reply.code(503).header('x-own', 'yes')
      return { fault: fault.id, url: request.url }
    })
    assert.equal(answer.status, 503)
    assert.equal(answer.headers['x-own'], 'yes')
    assert.deepEqual(JSON.parse(answer.body), { fault: test.faults[0]?.id, url: '/x' })
    assert.equal(test.troubleLines().length, 1)
  })

  it('may be async, and return a string', async (t) => {
    const { answer } = await answeredBy(t, async (_fault, _request, reply) => {
      await new Promise(setImmediate)
      reply.type('text/html')
      return '<h1>Sorry</h1>'
    })
    assert.equal(answer.body, '<h1>Sorry</h1>')
    assert.equal(answer.status, 500)
    assert.match(answer.headers['content-type'] ?? '', /^text\/html/)
  })

  it('may send by itself', async (t) => {
    for (const answer of [
      (_fault: unknown, _request: unknown, reply: FastifyReply) => reply.send('sent'),
      (_fault: unknown, _request: unknown, reply: FastifyReply) => void reply.send('sent'),
      async (_fault: unknown, _request: unknown, reply: FastifyReply) => reply.send('sent'),
    ]) {
      const done = await answeredBy(t, answer)
      assert.equal(done.answer.body, 'sent')
      assert.equal(done.answer.status, 500)
      assert.equal(done.test.troubleLines().length, 1)
    }
  })

  it('wins over the Accept header', async (t) => {
    const headers = { accept: 'application/problem+json' }
    const { answer } = await answeredBy(t, () => ({ own: true }), { headers })
    assert.deepEqual(JSON.parse(answer.body), { own: true })
  })

  const failures: Record<string, AnswerOption> = {
    throws: () => {
      throw new Error('worse')
    },
    'throws undefined': () => {
      throw undefined
    },
    rejects: async () => {
      throw new Error('worse')
    },
    'returns nothing': () => undefined,
    'returns nothing, async': async () => undefined,
    'returns an error': () => new Error('worse'),
    'resolves to an error': async () => new Error('worse'),
    'returns the reply unsent': (_fault, _request, reply) => reply,
    'returns the reply unsent, async': async (_fault, _request, reply) => reply,
    'returns the reply with a status only, async': async (_fault, _request, reply) => reply.code(503),
    'sets a wrong status': (_fault, _request, reply) => reply.code(99),
    'returns a thenable that throws': () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is what it is about
      then() {
        throw new Error('worse')
      },
    }),
    'has set a type and throws': (_fault, _request, reply) => {
      reply.code(200).type('text/html')
      throw new Error('worse')
    },
  }
  for (const [name, answer] of Object.entries(failures)) {
    it(`that ${name}: the default body, and one line about it`, async (t) => {
      const done = await answeredBy(t, answer)
      assert.equal(done.answer.status, 500, done.answer.error)
      assert.deepEqual(bodyOf(done.answer), MASKED)
      assert.match(done.answer.headers['content-type'] ?? '', /^application\/json/)
      assert.equal(done.test.faultLines().length, 1)
      assert.equal(done.test.troubleLines().length, 2)
      assert.match(done.test.troubleLines()[1]?.msg, /`answer` option failed/)
    })
  }

  for (const [name, payload] of Object.entries({
    'a BigInt': { n: 1n },
    'a circle': (() => {
      const circle: Record<string, unknown> = {}
      circle.self = circle
      return circle
    })(),
    'a number for a text': 42,
  })) {
    it(`that returns ${name} which cannot be sent: the default body`, async (t) => {
      const done = await answeredBy(t, (_fault, _request, reply) => {
        if (payload === 42) reply.type('text/plain')
        return payload
      })
      assert.equal(done.answer.status, 500, done.answer.error)
      assert.deepEqual(bodyOf(done.answer), MASKED)
    })
  }

  it('sends and throws then: its answer stands', async (t) => {
    const { answer } = await answeredBy(t, (_fault, _request, reply) => {
      reply.send('sent')
      throw new Error('worse')
    })
    assert.equal(answer.body, 'sent')
  })

  it('does not hang where the handler returns the reply it could not send', async (t) => {
    const test = testApp(t, {
      isolate: {
        answer: async () => {
          await new Promise(setImmediate)
          return 'sorry'
        },
      },
    })
    test.app.get('/x', (_request, reply) => {
      reply.send({ n: 1n })
      return reply
    })
    const answer = await test.ask('/x')
    assert.equal(answer.body, 'sorry')
    assert.equal(answer.status, 500)
  })

  it('of a route overrides the plugin', async (t) => {
    const test = testApp(t, { isolate: { answer: () => 'app' } })
    test.app.get('/x', { config: { isolate: { answer: () => 'route' } } }, fail)
    assert.equal((await test.ask('/x')).body, 'route')
  })
})

describe('the headers of an answer to a fault', () => {
  it("are the hooks' own, without what belongs to the success", async (t) => {
    const test = testApp(t)
    test.app.addHook('onRequest', async (_request, reply) => {
      reply.header('x-frame-options', 'DENY').header('vary', 'Origin').header('cache-control', 'public')
      reply.header('set-cookie', 'hook=1').header('x-changed', 'hook')
      reply.raw.setHeader('x-raw-hook', '1')
    })
    test.app.addHook('onSend', async (_request, reply) => void reply.header('x-on-send', '1'))
    test.app.get('/x', async (_request, reply) => {
      reply
        .code(206)
        .header('content-length', '5')
        .header('content-encoding', 'gzip')
        .header('etag', '"1"')
        .header('location', '/elsewhere')
        .header('set-cookie', 'session=secret')
        .header('x-handler', '1')
        .header('x-changed', 'handler')
        .type('text/csv')
      reply.raw.setHeader('x-raw-handler', '1')
      throw new Error('secret')
    })
    const { headers, status, body } = await test.ask('/x')
    assert.equal(status, 500)
    assert.equal(JSON.parse(body).statusCode, 500)
    assert.equal(headers['x-frame-options'], 'DENY')
    assert.equal(headers.vary, 'Origin')
    assert.equal(headers['x-changed'], 'hook')
    assert.equal(headers['x-raw-hook'], '1')
    assert.equal(headers['x-on-send'], '1')
    const gone = 'cache-control set-cookie content-encoding etag location x-handler x-raw-handler'
    for (const name of gone.split(' ')) assert.equal(headers[name], undefined, name)
    assert.equal(headers['content-length'], String(Buffer.byteLength(body)))
  })

  it('keep no-store', async (t) => {
    const test = testApp(t)
    test.app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'))
    test.app.get('/x', fail)
    assert.equal((await test.ask('/x')).headers['cache-control'], 'no-store')
  })

  it('have no cookie of @fastify/cookie', async (t) => {
    const test = testApp(t)
    test.app.register(cookie)
    test.app.get('/x', async (_request, reply) => {
      reply.setCookie('session', 'secret')
      throw new Error('secret')
    })
    test.app.get('/fine', async (_request, reply) => reply.setCookie('session', 'secret').send('fine'))
    assert.match(String((await test.ask('/fine')).headers['set-cookie']), /session=secret/)
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.equal(answer.headers['set-cookie'], undefined)
  })

  it('have those of @fastify/cors and @fastify/helmet', async (t) => {
    for (const first of ['isolate', 'others']) {
      const { isolate } = await import('../../src/isolate.ts')
      const test = testApp(t, { isolate: false })
      if (first === 'isolate') test.app.register(isolate())
      test.app.register(cors, { origin: ['https://app.example', 'https://b.example'], credentials: true })
      test.app.register(helmet)
      if (first === 'others') test.app.register(isolate())
      test.app.get('/x', fail)
      const { headers, status } = await test.ask('/x', { headers: { origin: 'https://app.example' } })
      assert.equal(status, 500)
      assert.equal(headers['access-control-allow-origin'], 'https://app.example')
      assert.equal(headers['access-control-allow-credentials'], 'true')
      assert.match(headers.vary ?? '', /Origin/)
      assert.match(String(headers['content-security-policy']), /default-src/)
      assert.equal(headers['x-content-type-options'], 'nosniff')
    }
  })

  it('have no trailers', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async (_request, reply) => {
      reply.trailer('etag', (_reply, _payload, done) => done(null, 'x'))
      throw new Error('secret')
    })
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.equal(answer.headers.trailer, undefined)
    assert.deepEqual(bodyOf(answer), MASKED)
  })
})

describe('the response schema and HEAD', () => {
  it("the route's schema for 500 is respected", async (t) => {
    const test = testApp(t)
    const properties = { message: { type: 'string' }, extra: { type: 'string', default: 'by schema' } }
    for (const status of ['500', '5xx', 'default']) {
      const schema = { response: { [status]: { type: 'object', properties } } }
      test.app.get(`/${status}`, { schema }, fail)
    }
    for (const status of ['500', '5xx', 'default']) {
      const answer = await test.ask(`/${status}`)
      assert.equal(answer.status, 500)
      assert.deepEqual(JSON.parse(answer.body), { message: 'Internal Server Error', extra: 'by schema' })
    }
    assert.equal(test.troubleLines().length, 3)
  })

  it('a schema that the answer cannot satisfy gives the default body', async (t) => {
    const test = testApp(t)
    const schema = { response: { 500: { type: 'object', required: ['nope'], properties: { nope: {} } } } }
    test.app.get('/x', { schema }, fail)
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.deepEqual(bodyOf(answer), MASKED)
  })

  it('HEAD gets no body, by the twin of a GET and by a route of its own', async (t) => {
    const test = testApp(t)
    test.app.get('/twin', fail)
    test.app.head('/own', fail)
    test.app.route({ method: ['GET', 'HEAD'], url: '/both', handler: fail })
    test.app.head('/hijacked', async (_request, reply) => {
      reply.hijack()
      throw new Error('secret')
    })
    for (const path of ['/twin', '/own', '/both', '/hijacked']) {
      const answer = await test.ask(path, { method: 'HEAD' })
      assert.equal(answer.status, 500, path)
      assert.equal(answer.body, '')
      assert.ok(Number(answer.headers['content-length']) > 0)
    }
    assert.equal(test.faults.length, 4)
    assert.equal(test.faults[0]?.request?.method, 'HEAD')
  })
})
