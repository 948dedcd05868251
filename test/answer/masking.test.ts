import assert from 'node:assert/strict'
import { STATUS_CODES } from 'node:http'
import { describe, it } from 'node:test'
import createFastifyError from '@fastify/error'
import createError from 'http-errors'
import type { IsolateOptions } from '../../src/options/options.ts'
import { bodyOf, MASKED, type TestApp, testApp } from '../support/app.ts'
import type { Answer } from '../support/client.ts'

async function answerTo(t: import('node:test').TestContext, error: unknown, isolate: IsolateOptions = {}) {
  const test = testApp(t, { isolate })
  test.app.get('/x', async () => {
    throw error
  })
  const answer = await test.ask('/x')
  return { answer, test } satisfies { answer: Answer; test: TestApp }
}

function wholeText(answer: Answer): string {
  return `${JSON.stringify(answer.headers)}${answer.body}`
}

const masked = (statusCode: number) => ({
  statusCode,
  error: STATUS_CODES[statusCode],
  message: STATUS_CODES[statusCode],
})

describe('what a fault shows to the client', () => {
  it('is nothing of the error', async (t) => {
    const error = Object.assign(new TypeError('secret-message', { cause: new Error('secret-cause') }), {
      code: 'SECRET_CODE',
      query: 'secret-query',
      headers: { 'x-secret': 'secret-header', 'retry-after': '7' },
      toJSON: () => 'secret-json',
    })
    error.stack = `secret-stack ${error.stack}`
    const { answer, test } = await answerTo(t, error)
    assert.equal(answer.status, 500)
    assert.deepEqual(bodyOf(answer), MASKED)
    assert.doesNotMatch(wholeText(answer), /secret|retry-after/i)
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
    assert.equal(JSON.parse(answer.body).requestId, test.faults[0]?.request?.id)
  })

  it('is exactly the documented body', async (t) => {
    const { answer } = await answerTo(t, new Error('db password is hunter2'))
    assert.equal(
      answer.body,
      '{"statusCode":500,"error":"Internal Server Error","message":"Internal Server Error","requestId":"req-1"}',
    )
  })

  for (const statusCode of [500, 501, 502, 503, 504, 507, 511]) {
    it(`is the reason phrase of an own statusCode ${statusCode}`, async (t) => {
      const { answer } = await answerTo(t, Object.assign(new Error('secret'), { statusCode }))
      assert.equal(answer.status, statusCode)
      assert.deepEqual(bodyOf(answer), masked(statusCode))
    })
  }

  it('is the status of http-errors without expose', async (t) => {
    const { answer, test } = await answerTo(t, createError(502, 'secret upstream'))
    assert.equal(answer.status, 502)
    assert.deepEqual(bodyOf(answer), masked(502))
    assert.equal(test.faults.length, 1)
  })

  it('is the status of @fastify/error', async (t) => {
    const Unavailable = createFastifyError('SECRET_CODE', 'secret %s', 503)
    const { answer } = await answerTo(t, new Unavailable('message'))
    assert.equal(answer.status, 503)
    assert.deepEqual(bodyOf(answer), masked(503))
  })

  it('is 500 for a status that has no phrase of its own', async (t) => {
    const { answer } = await answerTo(t, Object.assign(new Error('secret'), { statusCode: 599 }))
    assert.equal(answer.status, 599)
    assert.equal(bodyOf(answer).message, 'Internal Server Error')
  })

  it('are the valid headers of an error with a status', async (t) => {
    const error = createError(503, 'secret', {
      headers: { 'Retry-After': 120, 'RateLimit-Policy': ['a', 'b'] },
    })
    const { answer } = await answerTo(t, error)
    assert.equal(answer.headers['retry-after'], '120')
    assert.equal(answer.headers['ratelimit-policy'], 'a, b')
  })

  it('are no headers that belong to the upstream', async (t) => {
    const headers = {
      'content-length': '3',
      'content-encoding': 'gzip',
      'content-type': 'text/evil',
      'transfer-encoding': 'chunked',
      connection: 'close',
      'set-cookie': 'session=secret',
    }
    const { answer } = await answerTo(t, Object.assign(new Error('secret'), { statusCode: 502, headers }))
    assert.equal(answer.status, 502)
    assert.equal(answer.headers['set-cookie'], undefined)
    assert.equal(answer.headers['content-encoding'], undefined)
    assert.deepEqual(bodyOf(answer), masked(502))
  })

  it('is not shaped by a `status` alone, as axios has it', async (t) => {
    const axiosError = Object.assign(new Error('Request failed with status code 404'), {
      isAxiosError: true,
      status: 404,
      response: { status: 404, headers: { 'retry-after': '3' }, data: 'secret' },
    })
    for (const status of [404, 503]) {
      const { answer, test } = await answerTo(t, Object.assign(axiosError, { status }))
      assert.equal(answer.status, 500)
      assert.deepEqual(bodyOf(answer), MASKED)
      assert.equal(test.faults.length, 1)
    }
  })

  it('is not shaped by an inherited statusCode', async (t) => {
    class UpstreamError extends Error {
      get statusCode() {
        return 503
      }
    }
    const { answer } = await answerTo(t, new UpstreamError('secret'))
    assert.equal(answer.status, 500)
  })

  for (const value of [
    { statusCode: 503, headers: { 'retry-after': '1' }, expose: true, message: 'secret' },
    'secret',
    ['secret'],
  ]) {
    it(`is not shaped by ${JSON.stringify(value)}, which is no Error`, async (t) => {
      const { answer, test } = await answerTo(t, value)
      assert.equal(answer.status, 500)
      assert.deepEqual(bodyOf(answer), MASKED)
      assert.doesNotMatch(wholeText(answer), /secret|retry-after/i)
      assert.equal(test.faults.length, 1)
    })
  }

  it('does not depend on the status that the handler had set', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async (_request, reply) => {
      reply.code(201)
      throw new Error('secret')
    })
    assert.equal((await test.ask('/x')).status, 500)
  })
})

describe('expose', () => {
  it('of the error shows its message and code, not its stack', async (t) => {
    const error = createError(503, 'try the other door', { expose: true, code: 'DOOR' })
    error.statusCode = 503
    const { answer } = await answerTo(t, Object.assign(error), { expected: () => false })
    assert.equal(answer.status, 503)
    const body = bodyOf(answer)
    assert.equal(body.message, 'try the other door')
    assert.equal(body.code, 'DOOR')
    assert.equal(body.stack, undefined)
  })

  it('of a plain Error shows its message with 500', async (t) => {
    const { answer, test } = await answerTo(t, Object.assign(new Error('shown'), { expose: true }))
    assert.equal(answer.status, 500)
    assert.deepEqual(bodyOf(answer), { ...MASKED, message: 'shown' })
    assert.equal(test.faults.length, 1)
  })

  it('of the plugin shows message, type, stack and causes', async (t) => {
    const error = new TypeError('shown', { cause: new Error('why') })
    const { answer } = await answerTo(t, error, { expose: true })
    const body = bodyOf(answer)
    assert.equal(answer.status, 500)
    assert.equal(body.message, 'shown')
    assert.equal(body.type, 'TypeError')
    assert.match(String(body.stack), /masking\.test/)
    assert.equal((body.cause as { message: string }).message, 'why')
  })

  it('shows a code that is a number, and the beginning of one without end', async (t) => {
    const test = testApp(t, { isolate: { expose: true } })
    for (const [path, code] of Object.entries({ '/number': 7, '/long': 'x'.repeat(1e6) })) {
      test.app.get(path, async () => {
        throw Object.assign(new Error('boom'), { code })
      })
    }
    assert.equal(bodyOf(await test.ask('/number')).code, 7)
    assert.match(String(bodyOf(await test.ask('/long')).code), /^x{128}… \[cut, 1000000 characters\]$/)
  })

  it('of the plugin shows hostile values too, and answers', async (t) => {
    for (const value of [undefined, Symbol('s'), 10n, Object.freeze(new Error('frozen'))]) {
      const { answer } = await answerTo(t, value, { expose: true })
      assert.equal(answer.status, 500)
      assert.equal(JSON.parse(answer.body).statusCode, 500)
    }
  })

  it('of the route overrides the plugin', async (t) => {
    const test = testApp(t, { isolate: { expose: true } })
    const fail = async () => {
      throw new Error('shown?')
    }
    test.app.get('/shown', fail)
    test.app.get('/hidden', { config: { isolate: { expose: false } } }, fail)
    assert.equal(bodyOf(await test.ask('/shown')).message, 'shown?')
    assert.deepEqual(bodyOf(await test.ask('/hidden')), MASKED)
  })
})

it('an id that a client chooses has a bound in the answer, in the fault and in the line for the rest', async (t) => {
  const fastify = { requestIdHeader: 'x-id' }
  const test = testApp(t, { fastify, isolate: { log: { burst: 0, window: 600_000 } } })
  test.app.get('/x', async () => {
    throw new Error('boom')
  })
  test.app.get('/raw', (_request, reply) => {
    reply.hijack()
    throw new Error('boom')
  })
  const headers = { 'x-id': 'i'.repeat(10_000) }
  for (const path of ['/x', '/raw']) {
    const answer = await test.ask(path, { headers })
    assert.equal(answer.status, 500)
    const { requestId } = JSON.parse(answer.body) as { requestId: string }
    assert.equal(requestId, `${'i'.repeat(256)}… [cut, 10000 characters]`, path)
  }
  assert.ok(test.faults.every(({ request }) => (request?.id.length ?? 0) < 300))
  await test.app.close()
  const examples = test.lines().flatMap(({ exampleReqId }) => exampleReqId ?? [])
  assert.ok(examples.length > 0 && examples.every((id) => id.length < 300))
})
