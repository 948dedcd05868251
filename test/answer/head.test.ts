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
    assert.deepEqual(answerHeadOf(withProperties({ statusCode, headers: { 'x-a': 'b' } })), PLAIN)
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
  assert.deepEqual(headersOf({ 'Retry-After': 30, 'X-Reason': 'full', Vary: ['a', 'b'] }), {
    'retry-after': '30',
    'x-reason': 'full',
    vary: ['a', 'b'],
  })
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
    'x-crlf': 'a\r\nset-cookie: b',
    'x-lf': 'a\nb',
    'x-nul': 'a\0b',
    'x-wide': '\u{1f600}',
    'x\r\ny': 'a',
    'x y': 'a',
    '': 'a',
    ':status': '200',
    'x-undefined': undefined,
    'x-object': {},
    'x-nan': Number.NaN,
    'x-symbol': Symbol('s'),
    'x-long': 'a'.repeat(3000),
    'x-list': ['a', 'b\r\nc'],
    'x-empty': [],
    'x-many': Array.from({ length: 17 }, () => 'a'),
    'x-revoked': revokedProxy([]),
  }
  assert.deepEqual(headersOf({ ...invalid, 'retry-after': '1' }), { 'retry-after': '1' })
  assert.equal(headersOf(invalid), undefined)
})

test('headers of the connection, the body, the session and the cache are refused', () => {
  for (const name of [
    'Connection',
    'Keep-Alive',
    'Transfer-Encoding',
    'TE',
    'Trailer',
    'Upgrade',
    'HTTP2-Settings',
    'Host',
    'Date',
    'Set-Cookie',
    'ETag',
    'Last-Modified',
    'Accept-Ranges',
    'Content-Length',
    'Content-Type',
    'Content-Encoding',
    'Proxy-Connection',
  ]) {
    assert.equal(headersOf({ [name]: '1' }), undefined, name)
  }
})

test('what is no object of headers is ignored', () => {
  for (const headers of ['x', 1, null, ['a', 'b'], () => 1, {}, throwingProxy(), revokedProxy()]) {
    assert.equal(headersOf(headers), undefined)
  }
})

test('a getter that throws costs its own header only', () => {
  const headers = {
    get 'x-a'(): string {
      throw new Error('no')
    },
    'x-b': 'b',
  }
  assert.deepEqual(headersOf(headers), { 'x-b': 'b' })
})

test('a header called __proto__ is a header, and the count is bounded', () => {
  const headers = JSON.parse('{"__proto__":"a"}')
  const valid = answerHeadOf(withProperties({ statusCode: 503, headers })).headers
  assert.equal(Object.getPrototypeOf(valid), null)
  assert.deepEqual(Object.entries(valid ?? {}), [['__proto__', 'a']])
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x-${i}`, 'a']))
  assert.equal(Object.keys(headersOf(many) ?? {}).length, 32)
})
