import assert from 'node:assert/strict'
import { test } from 'node:test'
import vm from 'node:vm'
import { serializeError } from '../../src/fault/serialize.ts'
import type { SerializedError } from '../../src/fault/serialized-error.ts'
import { cyclicError, hostileValues } from '../support/hostile.ts'

for (const [name, value] of hostileValues()) {
  test(`serializes ${name} to bounded JSON`, () => {
    const serialized = serializeError(value)
    const json = JSON.stringify(serialized)
    assert.deepEqual(JSON.parse(json), serialized)
    assert.ok(json.length < 64_000, `the JSON is bounded, got ${json.length}`)
  })
}

test('an Error gives its type, message, stack, code and statusCode', () => {
  const error = Object.assign(new TypeError('broken'), { code: 'E_BROKEN', statusCode: 503 })
  assert.deepEqual(serializeError(error), {
    type: 'TypeError',
    message: 'broken',
    stack: error.stack,
    code: 'E_BROKEN',
    statusCode: 503,
  })
  assert.equal(serializeError(Object.assign(new Error('x'), { code: 7 })).code, 7)
})

test('no other property of an error is copied', () => {
  const error = Object.assign(new Error('x'), {
    password: 'hunter2',
    config: { token: 'hunter2' },
    status: 1,
  })
  assert.doesNotMatch(JSON.stringify(serializeError(error)), /hunter2/)
  assert.deepEqual(Object.keys(serializeError(error)), ['type', 'message', 'stack'])
})

test('codes that are no JSON values are left out, long ones cut', () => {
  const code = (value: unknown): SerializedError =>
    serializeError(Object.assign(new Error('x'), { code: value }))
  assert.ok(!('code' in code({})))
  assert.ok(!('code' in code(Number.NaN)))
  assert.ok(String(code('c'.repeat(1000)).code).length < 160)
  assert.ok(!('statusCode' in serializeError(Object.assign(new Error('x'), { statusCode: Number.NaN }))))
  assert.ok(!('statusCode' in serializeError(Object.assign(new Error('x'), { statusCode: '503' }))))
})

test('what is not an Error gives its type and what it looks like', () => {
  assert.deepEqual(serializeError('text'), { type: 'string', message: 'text', stack: '' })
  assert.deepEqual(serializeError(undefined), { type: 'undefined', message: 'undefined', stack: '' })
  assert.deepEqual(serializeError(null), { type: 'null', message: 'null', stack: '' })
  assert.deepEqual(serializeError({ a: 1 }), { type: 'Object', message: '{ a: 1 }', stack: '' })
})

test('the whole cause chain is there, whatever it is made of', () => {
  const foreign = vm.runInNewContext('new TypeError("c")')
  const serialized = serializeError(new Error('a', { cause: new Error('b', { cause: foreign }) }))
  assert.equal(serialized.cause?.message, 'b')
  assert.equal(serialized.cause?.cause?.type, 'TypeError')
  assert.equal(serialized.cause?.cause?.cause, undefined)
  assert.equal(serializeError(new Error('a', { cause: 'text' })).cause?.type, 'string')
  assert.ok(!('cause' in serializeError(new Error('a', { cause: null }))))
  assert.ok(!('cause' in serializeError(new Error('a', { cause: () => 1 }))))
})

test('the members of an AggregateError are there', () => {
  const serialized = serializeError(new AggregateError([new Error('a'), 'b'], 'both'))
  assert.deepEqual(
    serialized.errors?.map((error) => error.message),
    ['a', 'b'],
  )
})

test('a circle is named, not followed', () => {
  assert.match(serializeError(cyclicError()).cause?.cause?.message ?? '', /circle/)
})

test('an error that two members share is no circle', () => {
  const shared = new Error('shared')
  const serialized = serializeError(new AggregateError([shared, shared]))
  assert.deepEqual(
    serialized.errors?.map((error) => error.message),
    ['shared', 'shared'],
  )
})

test('a chain is cut below 8 errors, and says so', () => {
  let error = new Error('0')
  for (let i = 1; i < 20; i += 1) error = new Error(String(i), { cause: error })
  const messages: string[] = []
  for (let at: SerializedError | undefined = serializeError(error); at; at = at.cause)
    messages.push(at.message)
  assert.equal(messages.length, 9)
  assert.equal(messages[7], '12')
  assert.match(messages[8] ?? '', /goes on/)
})

test('members are cut after 10, and what is left out is counted', () => {
  const errors = Array.from({ length: 25 }, (_, i) => new Error(String(i)))
  const serialized = serializeError(new AggregateError(errors)).errors
  assert.equal(serialized?.length, 11)
  assert.equal(serialized?.at(-1)?.message, '[15 more errors]')
})

test('a tree of errors is cut after 32 altogether', () => {
  const tree = (depth: number): Error =>
    depth === 0 ? new Error('leaf') : new AggregateError(Array.from({ length: 10 }, () => tree(depth - 1)))
  const json = JSON.stringify(serializeError(tree(4)))
  assert.equal(json.split('"stack":"').length - 1 - json.split('left out').length + 1, 32)
  assert.match(json, /more than 32 errors/)
})

test('after 65 536 characters each further error has a short message and no stack', () => {
  const long = (_: unknown, i: number): Error => new Error(`${i}`.repeat(1_000_000))
  const { errors = [] } = serializeError(new AggregateError(Array.from({ length: 10 }, long)))
  const ends = errors.map(({ stack }) => (stack === '' ? 'short' : 'whole'))
  assert.deepEqual(ends, [...Array(4).fill('whole'), ...Array(6).fill('short')])
  assert.match(errors.at(-1)?.message ?? '', /^9{512}… \[cut, 1000000 characters\]$/)
})

test('a long message is cut and says so, and the trace survives in the stack', () => {
  const serialized = serializeError(new Error('m'.repeat(1_000_000)))
  assert.match(serialized.message, /^m{8192}… \[cut, 1000000 characters\]$/)
  assert.match(serialized.stack, /^Error: m+… \[cut, \d+ characters\]\n {4}at .*fault\/serialize/)
  assert.ok(serialized.stack.length < 16_500)
})

test('a long stack is cut, with a trace and without', () => {
  const error = new Error('x')
  error.stack = `Error: x${'\n    at f (/a.js:1:1)'.repeat(5000)}`
  assert.ok(serializeError(error).stack.length < 8300)
  error.stack = 's'.repeat(100_000)
  assert.match(serializeError(error).stack, /^s{16384}… \[cut, 100000 characters\]$/)
})
