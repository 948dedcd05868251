import assert from 'node:assert/strict'
import { test } from 'node:test'
import createFastifyError from '@fastify/error'
import createHttpError from 'http-errors'
import { type AnswerHead, answerHeadOf } from '../../src/answer/head.ts'
import { hostileValues, revokedProxy, throwingProxy } from '../support/hostile.ts'

const PLAIN: AnswerHead = { statusCode: 500, headers: undefined, expose: false }
const withProperties = (properties: object): Error => Object.assign(new Error('x'), properties)
const headersOf = (headers: unknown): Record<string, unknown> | undefined => {
  const valid = answerHeadOf(withProperties({ statusCode: 503, headers })).headers
  return valid && { ...valid }
}

for (const [name, value] of hostileValues()) {
  test(`${name} shapes nothing`, () => {
    assert.deepEqual(answerHeadOf(value), PLAIN)
  })
}

test('a status of 500 to 599 is kept: own, of http-errors, of @fastify/error', () => {
  for (const statusCode of [500, 503, 599])
    assert.equal(answerHeadOf(withProperties({ statusCode })).statusCode, statusCode)
  assert.equal(answerHeadOf(createHttpError(503)).statusCode, 503)
  assert.equal(answerHeadOf(new createHttpError.BadGateway()).statusCode, 502)
  assert.equal(answerHeadOf(new (createFastifyError('X_LATER', 'later', 503))()).statusCode, 503)
})

test('the brand of @fastify/error lets an inherited status count', () => {
  const proto = Object.create(Error.prototype, { statusCode: { value: 504 } })
  assert.equal(answerHeadOf(Object.create(proto)).statusCode, 500)
  Object.defineProperty(proto, Symbol.for('fastify-error-generic'), { value: true })
  assert.equal(answerHeadOf(Object.create(proto)).statusCode, 504)
})

test('any other status is 500', () => {
  for (const statusCode of [
    'abc',
    '503',
    99,
    200,
    204,
    304,
    399,
    404,
    499,
    600,
    999_999,
    500.5,
    Number.NaN,
    null,
    {},
  ]) {
    assert.deepEqual(answerHeadOf(withProperties({ statusCode, headers: { 'retry-after': '1' } })), PLAIN)
  }
})

test('a status alone, or an inherited one without a brand, shapes nothing', () => {
  class Upstream extends Error {
    get statusCode(): number {
      return 503
    }
  }
  assert.deepEqual(answerHeadOf(withProperties({ status: 503, headers: { 'retry-after': '1' } })), PLAIN)
  assert.deepEqual(answerHeadOf(new Upstream('x')), PLAIN)
})

test('what is not an Error never shapes the response', () => {
  assert.deepEqual(answerHeadOf({ statusCode: 503, expose: true, headers: { 'retry-after': '1' } }), PLAIN)
})

test('expose is true where the Error itself says so, and nowhere else', () => {
  assert.deepEqual(answerHeadOf(withProperties({ expose: true })), { ...PLAIN, expose: true })
  assert.equal(answerHeadOf(createHttpError(503, 'x', { expose: true })).expose, true)
  assert.equal(answerHeadOf(createHttpError(503)).expose, false)
  for (const expose of ['true', 1, {}]) assert.equal(answerHeadOf(withProperties({ expose })).expose, false)
})

test('valid headers are kept beside a kept status, their names in lower case', () => {
  assert.deepEqual(headersOf({ 'Retry-After': 30, 'X-RateLimit-Limit': '9', Allow: ['GET', 'HEAD'] }), {
    'retry-after': '30',
    'x-ratelimit-limit': '9',
    allow: ['GET', 'HEAD'],
  })
  for (const name of ['www-authenticate', 'ratelimit', 'ratelimit-policy', 'x-rate-limit-reset'])
    assert.deepEqual(headersOf({ [name]: 'a' }), { [name]: 'a' })
  assert.deepEqual(
    { ...answerHeadOf(createHttpError(503, { headers: { 'retry-after': '1' } })).headers },
    { 'retry-after': '1' },
  )
})

test('headers without a status that counts are an upstream’s, and dropped', () => {
  assert.deepEqual(answerHeadOf(withProperties({ headers: { 'retry-after': '1' } })), PLAIN)
  assert.deepEqual(answerHeadOf(withProperties({ statusCode: 404, headers: { 'retry-after': '1' } })), PLAIN)
})

test('invalid headers are dropped one by one', () => {
  const invalid = {
    'ratelimit-crlf': 'a\r\nset-cookie: b',
    'ratelimit-lf': 'a\nb',
    'ratelimit-nul': 'a\0b',
    'ratelimit-wide': '\u{1f600}',
    'ratelimit\r\n': 'a',
    'ratelimit y': 'a',
    '': 'a',
    ':status': '200',
    'ratelimit-undefined': undefined,
    'ratelimit-object': {},
    'ratelimit-nan': Number.NaN,
    'ratelimit-symbol': Symbol('s'),
    'ratelimit-long': 'a'.repeat(3000),
    'ratelimit-list': ['a', 'b\r\nc'],
    'ratelimit-empty': [],
    'ratelimit-many': Array.from({ length: 17 }, () => 'a'),
    'ratelimit-revoked': revokedProxy([]),
  }
  assert.deepEqual(headersOf({ ...invalid, 'retry-after': '1' }), { 'retry-after': '1' })
  assert.equal(headersOf(invalid), undefined)
})

test('all other headers are refused', () => {
  for (const name of [
    'Authorization',
    'X-Accel-Redirect',
    'X-Sendfile',
    'Clear-Site-Data',
    'Access-Control-Allow-Origin',
    'Cache-Control',
    'Expires',
    'Location',
    'Server',
    'Connection',
    'Transfer-Encoding',
    'Trailer',
    'Upgrade',
    'Set-Cookie',
    'ETag',
    'Content-Length',
    'Content-Type',
    'Proxy-Authenticate',
    'X-Retry-After',
    'Allowed',
    '__proto__',
  ]) {
    assert.equal(headersOf(JSON.parse(`{"${name}":"1"}`)), undefined, name)
  }
})

test('what is no object of headers is ignored', () => {
  for (const headers of ['x', 1, null, ['a', 'b'], () => 1, {}, throwingProxy(), revokedProxy()]) {
    assert.equal(headersOf(headers), undefined)
  }
})

test('a getter that throws costs its own header only', () => {
  const headers = {
    get allow(): string {
      throw new Error('no')
    },
    'retry-after': '1',
  }
  assert.deepEqual(headersOf(headers), { 'retry-after': '1' })
})

test('the count of headers is bounded', () => {
  const suffixes = Array.from({ length: 100 }, (_, i) => 'x'.repeat(i + 1))
  const many = Object.fromEntries(suffixes.map((suffix) => [`ratelimit-${suffix}`, 'a']))
  assert.equal(Object.keys(headersOf(many) ?? {}).length, 32)
})
