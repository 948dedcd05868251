import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import createFastifyError from '@fastify/error'
import type { FastifyInstance } from 'fastify'
import createError from 'http-errors'
import type { IsolateOptions } from '../../src/options/options.ts'
import { bodyOf, MASKED, testApp } from '../support/app.ts'
import type { Answer, AskOptions } from '../support/client.ts'

type Install = (app: FastifyInstance) => void

const Refused = createFastifyError('APP_REFUSED', 'refused %s', 409)
const throws =
  (error: unknown): Install =>
  (app) => {
    app.get('/x', async () => {
      throw error
    })
  }

const BODY_SCHEMA = { body: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } } }

const BRANDED: Record<string, [Install, AskOptions?]> = {
  'http-errors 404': [throws(createError(404, 'no such thing', { headers: { 'x-own': '1' } }))],
  'http-errors 503 with expose': [throws(createError(503, 'come back', { expose: true }))],
  '@fastify/error 409': [throws(new Refused('it'))],
  'a validation error': [
    (app) => app.post('/x', { schema: BODY_SCHEMA }, async () => 'fine'),
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' },
  ],
  'a body that is no JSON': [
    (app) => app.post('/x', async () => 'fine'),
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' },
  ],
  'a media type that nobody parses': [
    (app) => app.post('/x', async () => 'fine'),
    { method: 'POST', headers: { 'content-type': 'image/odd' }, body: 'x' },
  ],
  'a body that is too large': [
    (app) => app.post('/x', { bodyLimit: 4 }, async () => 'fine'),
    { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'too large' },
  ],
  'no route': [() => {}],
}

const CONVENTION: Record<string, [Install, AskOptions?]> = {
  'an own statusCode 400': [throws(Object.assign(new Error('bad'), { statusCode: 400, code: 'BAD' }))],
  'an own statusCode 499': [throws(Object.assign(new Error('gone'), { statusCode: 499 }))],
  'an own statusCode with headers': [
    throws(Object.assign(new Error('slow'), { statusCode: 429, headers: { 'retry-after': '5' } })),
  ],
}

async function answerOf(
  t: TestContext,
  install: Install,
  ask: AskOptions | undefined,
  isolate: IsolateOptions | false,
) {
  const test = testApp(t, { isolate })
  install(test.app)
  return { answer: await test.ask('/x', ask), test }
}

function withoutDate({ status, headers, body }: Answer) {
  const { date, ...rest } = headers
  return { status, headers: rest, body }
}

const essence = (line: Record<string, unknown>) => {
  const { time, responseTime, req, err, ...rest } = line
  const { stack, ...error } = (err ?? {}) as Record<string, unknown>
  return { ...rest, error }
}

describe('an expected error', () => {
  for (const [name, [install, ask]] of Object.entries({ ...BRANDED, ...CONVENTION })) {
    it(`${name} is answered and logged as by bare Fastify`, async (t) => {
      const ours = await answerOf(t, install, ask, {})
      const bare = await answerOf(t, install, ask, false)
      assert.deepEqual(withoutDate(ours.answer), withoutDate(bare.answer))
      assert.ok(ours.answer.status >= 400)
      assert.equal(ours.test.faults.length, 0)
      assert.equal(ours.test.faultLines().length, 0)
      const afterStart = (lines: Record<string, unknown>[]) =>
        lines.filter((line) => line.reqId !== undefined).map(essence)
      assert.deepEqual(afterStart(ours.test.lines()), afterStart(bare.test.lines()))
    })

    it(`${name} is answered by the app's own handler as in bare Fastify`, async (t) => {
      const withHandler: Install = (app) => {
        app.setErrorHandler((error: Error, _request, reply) => {
          reply.code(418).send({ own: error.message })
        })
        install(app)
      }
      const ours = await answerOf(t, withHandler, ask, {})
      const bare = await answerOf(t, withHandler, ask, false)
      assert.deepEqual(withoutDate(ours.answer), withoutDate(bare.answer))
      assert.equal(ours.test.faults.length, 0)
    })
  }

  for (const [name, [install, ask]] of Object.entries(BRANDED)) {
    it(`${name} is expected by 'branded' too`, async (t) => {
      const { test, answer } = await answerOf(t, install, ask, { expected: 'branded' })
      assert.equal(test.faults.length, 0)
      assert.notEqual(answer.status, 500)
    })
  }

  for (const [name, [install, ask]] of Object.entries(CONVENTION)) {
    it(`${name} is a fault for 'branded': masked`, async (t) => {
      const { test, answer } = await answerOf(t, install, ask, { expected: 'branded' })
      assert.equal(test.faults.length, 1)
      assert.equal(answer.status, 500)
      assert.deepEqual(bodyOf(answer), MASKED)
      assert.equal(answer.headers['retry-after'], undefined)
    })
  }

  for (const [name, error] of Object.entries({
    'http-errors 500': createError(500, 'secret'),
    'http-errors 404 without expose, which has an inherited status': Object.assign(
      Object.create(createError(404)),
      { expose: false },
    ),
    '@fastify/error 500': new (createFastifyError('APP_BROKEN', 'secret', 500))(),
    'a plain Error': new Error('secret'),
    'an object with a statusCode of 500': { statusCode: 500 },
    'a status alone': Object.assign(new Error('secret'), { status: 404 }),
    'a statusCode as text': Object.assign(new Error('secret'), { statusCode: '404' }),
  })) {
    it(`is not ${name}`, async (t) => {
      const { test, answer } = await answerOf(t, throws(error), undefined, {})
      assert.equal(answer.status, 500)
      assert.deepEqual(bodyOf(answer), MASKED)
      assert.equal(test.faults.length, 1)
    })
  }
})

describe('a function that says what is expected', () => {
  it('gets the error and the request', async (t) => {
    const error = new Error('teapot')
    const calls: unknown[][] = []
    const expected = (...args: unknown[]) => {
      calls.push([args[0], (args[1] as { url: string }).url])
      return true
    }
    const { answer, test } = await answerOf(t, throws(error), undefined, { expected })
    assert.deepEqual(calls, [[error, '/x']])
    assert.equal(answer.status, 500)
    assert.equal(JSON.parse(answer.body).message, 'teapot')
    assert.equal(test.faults.length, 0)
  })

  it('makes faults of validation errors when it says so', async (t) => {
    const [install, ask] = BRANDED['a validation error'] as [Install, AskOptions]
    const { answer, test } = await answerOf(t, install, ask, { expected: () => false })
    assert.equal(answer.status, 500)
    assert.deepEqual(bodyOf(answer), MASKED)
    assert.equal(test.faults.length, 1)
  })

  it('that throws, or returns no boolean, makes a fault and is logged', async (t) => {
    const wrong = [
      () => {
        throw new Error('worse')
      },
      () => 'yes',
      async () => true,
      async () => {
        throw new Error('worse')
      },
    ]
    for (const expected of wrong) {
      const { answer, test } = await answerOf(t, throws(new Error('secret')), undefined, {
        expected: expected as unknown as () => boolean,
      })
      assert.equal(answer.status, 500)
      assert.deepEqual(bodyOf(answer), MASKED)
      assert.equal(test.faults.length, 1)
      assert.equal(test.troubleLines().length, 2)
      assert.match(JSON.stringify(test.troubleLines()), /`expected` option failed/)
    }
  })

  it('of a route overrides the plugin', async (t) => {
    const test = testApp(t, { isolate: { expected: 'branded' } })
    const fail = async () => {
      throw Object.assign(new Error('gone'), { statusCode: 410 })
    }
    test.app.get('/convention', { config: { isolate: { expected: 'convention' } } }, fail)
    test.app.get('/branded', fail)
    assert.equal((await test.ask('/convention')).status, 410)
    assert.equal((await test.ask('/branded')).status, 500)
  })
})
