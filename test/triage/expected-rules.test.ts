import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import vm from 'node:vm'
import createFastifyError from '@fastify/error'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import createHttpError from 'http-errors'
import { FatalError } from '../../src/fault/fatal-error.ts'
import { isFastifyError, isHttpError, statusOf } from '../../src/fault/http-error.ts'
import type { IsExpected } from '../../src/options/options.ts'
import { expectationOf } from '../../src/triage/expected.ts'
import { hostileValues, revokedProxy, throwingGetters, throwingProxy } from '../support/hostile.ts'

const expects = (error: unknown, policy: 'convention' | 'branded' | IsExpected): boolean =>
  expectationOf(error, policy).expected

const withProperties = (properties: object): Error => Object.assign(new Error('x'), properties)

for (const [name, value] of hostileValues()) {
  test(`${name} is a fault`, () => {
    assert.equal(expects(value, 'convention'), false)
    assert.equal(expects(value, 'branded'), false)
    assert.equal(isHttpError(value), false)
    assert.equal(isFastifyError(value), false)
    assert.equal(statusOf(value), undefined)
  })
}

/** Both policies agree about these. */
const answers: [string, unknown][] = [
  ['an http-error 404', createHttpError(404)],
  ['an http-error with a message', new createHttpError.Forbidden('no')],
  ['an http-error 503 that exposes', createHttpError(503, 'later', { expose: true })],
  ['an http-error of another copy', anotherCopy()(404)],
  ['an error that http-errors took over', createHttpError(409, new Error('taken'))],
  ['an error of @fastify/error', new (createFastifyError('X_TAKEN', 'taken', 409))()],
  ['an error of an older @fastify/error', olderFastifyError(404)],
  ['a Fastify error', new Fastify.errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE('x/y')],
  ['a validation error', withProperties({ statusCode: 400, validation: [], validationContext: 'body' })],
  ['a validation error with another status', withProperties({ statusCode: 422, validation: [{}] })],
  ['an Error of a custom validator', withProperties({ statusCode: 400, validationContext: 'params' })],
]

for (const [name, error] of answers) {
  test(`${name} is an answer`, () => {
    assert.equal(expects(error, 'convention'), true)
    assert.equal(expects(error, 'branded'), true)
  })
}

test('a code of an upstream is not kept for ever, as Symbol.for does', (t) => {
  const { mock } = t.mock.method(Symbol, 'for')
  for (const code of ['ECONNREFUSED', 'ANOTHER']) {
    const error = withProperties({ name: 'FastifyError', code, statusCode: 404 })
    assert.equal(isFastifyError(error), false)
  }
  assert.equal(mock.callCount(), 0)
  const local = Object.assign(withProperties({ name: 'FastifyError', code: 'X' }), {
    [Symbol('fastify-error X')]: true,
  })
  assert.equal(isFastifyError(local), false)
})

const fatal = new FatalError('broken')
const behindAnswers: [string, unknown][] = [
  ['a FatalError with a status of its own', Object.assign(new FatalError('broken'), { statusCode: 409 })],
  ['a FatalError behind an http-error', createHttpError(409, 'taken', { cause: fatal })],
  [
    'a FatalError behind a validation error',
    withProperties({ statusCode: 400, validation: [], cause: fatal }),
  ],
]

for (const [name, error] of behindAnswers) {
  test(`${name} is a fault, whatever the policy`, () => {
    for (const policy of ['convention', 'branded', () => true] as const)
      assert.equal(expects(error, policy), false)
    assert.equal(expectationOf(error, 'convention', { replyStatus: 404 }).expected, false)
  })
}

/** http-errors once more, as an app has it that brings its own. */
function anotherCopy(): typeof createHttpError {
  const require = createRequire(import.meta.url)
  const path = require.resolve('http-errors')
  const known = require.cache[path]
  delete require.cache[path]
  const copy = require(path) as typeof createHttpError
  require.cache[path] = known
  assert.notEqual(copy, createHttpError)
  return copy
}

function olderFastifyError(statusCode: number): Error {
  class FastifyError extends Error {
    override name = 'FastifyError'
    code = 'X_OLD'
    statusCode = statusCode
    get [Symbol.for('fastify-error X_OLD')](): boolean {
      return true
    }
  }
  return new FastifyError('old')
}

const faults: [string, unknown][] = [
  ['an http-error 500', createHttpError(500)],
  ['an http-error 503', createHttpError(503)],
  ['an http-error 400 that hides itself', createHttpError(400, 'secret', { expose: false })],
  ['an @fastify/error of 500', new (createFastifyError('X_BROKEN', 'broken', 500))()],
  ['an @fastify/error without a status', new (createFastifyError('X_NONE', 'none', 0))()],
  ['an error of an older @fastify/error of 500', olderFastifyError(500)],
  ['a Fastify error of 500', new Fastify.errorCodes.FST_ERR_REP_ALREADY_SENT('/', 'GET')],
  ['a validation error of 500', withProperties({ statusCode: 500, validation: [] })],
  ['a validation error without a status, which Fastify never makes', withProperties({ validation: [] })],
  ['an Error', new Error('x')],
  ['an own statusCode of 399', withProperties({ statusCode: 399 })],
  ['an own statusCode of 500', withProperties({ statusCode: 500 })],
  ['an own statusCode that is no integer', withProperties({ statusCode: 404.5 })],
  ['an own statusCode that is a text', withProperties({ statusCode: '404' })],
  ['a status alone', withProperties({ status: 404 })],
  ['an exposed Error without a status', withProperties({ expose: true })],
  ['an exposed Error whose statuses differ', withProperties({ expose: true, status: 404, statusCode: 503 })],
  ['a plain object with a statusCode of 500', { statusCode: 500, expose: true, status: 500 }],
  ['an array with a statusCode', Object.assign([], { statusCode: 404 })],
  ['an http-error that throws when it is read', throwingProxy(createHttpError(404))],
  [
    'an http-error whose status became no status of an error',
    Object.assign(createHttpError(404), { statusCode: 200 }),
  ],
  ['a code that looks like Fastify', withProperties({ name: 'FastifyError', code: 'FST_ERR_X' })],
  ['a name without a code', withProperties({ name: 'FastifyError' })],
  ['a code without end', withProperties({ name: 'FastifyError', code: 'X'.repeat(1000) })],
]

for (const [name, error] of faults) {
  test(`${name} is a fault`, () => {
    assert.equal(expects(error, 'convention'), false)
    assert.equal(expects(error, 'branded'), false)
  })
}

test('an own statusCode of 400 to 499 is an answer by convention, and a fault for the branded policy', () => {
  for (const statusCode of [400, 404, 499]) {
    assert.equal(expects(withProperties({ statusCode }), 'convention'), true)
    assert.equal(expects(withProperties({ statusCode }), 'branded'), false)
  }
  const foreign = vm.runInNewContext('Object.assign(new Error("x"), { statusCode: 404 })')
  assert.equal(expects(foreign, 'convention'), true)
})

test('a plain object with an own statusCode is an answer by the convention', () => {
  for (const statusCode of [400, 404, 499]) {
    assert.equal(expects({ statusCode, message: 'x' }, 'convention'), true)
    assert.equal(expects({ statusCode, message: 'x' }, 'branded'), false)
    assert.equal(expects(Object.create({ statusCode }), 'convention'), false)
  }
})

test('the statusCode of an error class is an answer by the convention', () => {
  class NotFound extends Error {
    get statusCode(): number {
      return 404
    }
  }
  assert.equal(expects(new NotFound('x'), 'convention'), true)
  assert.equal(expects(new NotFound('x'), 'branded'), false)
})

test('a statusCode on the prototype of all errors says nothing of one', () => {
  Object.defineProperty(Error.prototype, 'statusCode', { value: 404, configurable: true })
  try {
    assert.equal(expects(new Error('x'), 'convention'), false)
  } finally {
    Reflect.deleteProperty(Error.prototype, 'statusCode')
  }
})

test('a status of 400 to 499 on the reply makes an answer by the convention alone', () => {
  const { expected } = expectationOf(new Error('x'), 'convention', { replyStatus: 404 })
  assert.equal(expected, true)
  assert.equal(expectationOf(new Error('x'), 'convention', { replyStatus: 503 }).expected, false)
  assert.equal(expectationOf(new Error('x'), 'branded', { replyStatus: 404 }).expected, false)
  assert.equal(expectationOf(new FatalError('x'), 'convention', { replyStatus: 404 }).expected, false)
})

test('the errors that Fastify makes of an invalid request are answers', async () => {
  const app = Fastify()
  const seen: unknown[] = []
  app.setErrorHandler((error, _request, reply) => {
    seen.push(error)
    return reply.code(400).send()
  })
  const schema = { body: { type: 'object', required: ['a'] } }
  app.post('/ajv', { schema }, () => 'x')
  app.post('/own', { schema, validatorCompiler: () => () => ({ error: new Error('own') }) }, () => 'x')
  for (const url of ['/ajv', '/own']) await app.inject({ method: 'POST', url, payload: {} })
  await app.inject({
    method: 'POST',
    url: '/ajv',
    payload: '{',
    headers: { 'content-type': 'application/json' },
  })
  await app.close()
  assert.equal(seen.length, 3)
  for (const error of seen) assert.equal(expects(error, 'branded'), true)
})

test('a function decides alone, and gets the error, the request and the reply', () => {
  const request = {} as FastifyRequest
  const calls: unknown[][] = []
  const policy: IsExpected = (...args) => {
    calls.push(args)
    return args[0] === 'mine'
  }
  const reply = {} as FastifyReply
  assert.equal(expectationOf('mine', policy, { request, reply }).expected, true)
  assert.equal(expectationOf(createHttpError(404), policy).expected, false)
  assert.deepEqual(calls[0], ['mine', request, reply])
  assert.equal(calls[1]?.[1], undefined)
})

test('a function that throws makes a fault, and what it threw is in the result', () => {
  const failure = new Error('policy')
  const thrower = (value: unknown): IsExpected => {
    return () => {
      throw value
    }
  }
  const error = createHttpError(404)
  assert.deepEqual(expectationOf(error, thrower(failure)), { expected: false, failure })
  const nothing = expectationOf(error, thrower(undefined))
  assert.equal(nothing.expected, false)
  assert.ok(nothing.failure instanceof TypeError)
})

test('a function that returns no boolean makes a fault, and says so', async () => {
  for (const value of ['yes', 1, {}, null, throwingProxy(), revokedProxy(), throwingGetters()]) {
    const result = expectationOf(new Error('x'), (() => value) as unknown as IsExpected)
    assert.equal(result.expected, false)
    assert.match(String(result.failure), /`expected` must return a boolean, got `/)
  }
  const silent = expectationOf(new Error('x'), (() => undefined) as unknown as IsExpected)
  assert.deepEqual(silent, { expected: false, failure: undefined })
})

test('an async function makes a fault, and its rejection harms nobody', async () => {
  const policy = (async () => {
    throw new Error('late')
  }) as unknown as IsExpected
  // An unhandled rejection would fail this test.
  const { expected, failure } = expectationOf(new Error('x'), policy)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(expected, false)
  assert.match(String(failure), /must return a boolean, got `Promise/)
})
