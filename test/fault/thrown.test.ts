import assert from 'node:assert/strict'
import { test } from 'node:test'
import vm from 'node:vm'
import createError from '@fastify/error'
import {
  clip,
  isArrayLike,
  isErrorLike,
  isPlainError,
  lengthOf,
  messageOf,
  ownProperty,
  readProperty,
  typeName,
} from '../../src/fault/thrown.ts'
import { hostileValues, revokedProxy, throwingGetters, throwingProxy } from '../support/hostile.ts'

for (const [name, value] of hostileValues()) {
  test(`reads ${name} without throwing`, () => {
    readProperty(value, 'message')
    ownProperty(value, 'message')
    isArrayLike(value)
    assert.equal(typeof isErrorLike(value), 'boolean')
    assert.equal(typeof typeName(value), 'string')
    const message = messageOf(value)
    assert.equal(typeof message, 'string')
    assert.ok(message.length < 8300, `the message is bounded, got ${message.length}`)
  })
}

test('readProperty reads own and inherited properties', () => {
  assert.equal(readProperty(new TypeError('x'), 'name'), 'TypeError')
  assert.equal(readProperty('abc', 'length'), 3)
  assert.equal(readProperty(null, 'a'), undefined)
  assert.equal(readProperty(throwingGetters(), 'message'), undefined)
})

test('ownProperty ignores what is inherited', () => {
  assert.equal(ownProperty(new TypeError('x'), 'name'), undefined)
  assert.equal(ownProperty({ statusCode: 4 }, 'statusCode'), 4)
  assert.equal(ownProperty(undefined, 'a'), undefined)
  assert.equal(ownProperty(throwingProxy(), 'a'), undefined)
})

test('isErrorLike knows errors of every kind', () => {
  const FastifyError = createError('X_CODE', 'message')
  for (const error of [
    new Error('x'),
    new TypeError('x'),
    new AggregateError([]),
    new DOMException('x'),
    vm.runInNewContext('new Error("x")'),
    new FastifyError(),
    Object.create(Error.prototype),
    new Proxy(new Error('x'), {}),
    throwingGetters(),
  ]) {
    assert.equal(isErrorLike(error), true)
  }
})

test('isPlainError refuses each error that a rule has something to ask of', () => {
  for (const error of [new Error('x'), new TypeError('x'), Object.create(Error.prototype)]) {
    assert.equal(isPlainError(error), true)
  }
  const telling = {
    code: 'E',
    statusCode: 404,
    expose: false,
    cause: new Error('y'),
    errors: [],
    [Symbol.for('fastify-isolate.FatalError')]: true,
    name: 'RangeError',
  }
  for (const key of Reflect.ownKeys(telling) as (keyof typeof telling)[]) {
    assert.equal(isPlainError(Object.assign(new Error('x'), { [key]: telling[key] })), false, String(key))
    const inherited = Object.create(Error.prototype, { [key]: { value: telling[key] } })
    assert.equal(isPlainError(Object.create(inherited)), false, `inherited ${String(key)}`)
  }
  for (const [, value] of hostileValues()) assert.equal(typeof isPlainError(value), 'boolean')
  for (const value of [undefined, 'text', {}, throwingGetters(), throwingProxy(), revokedProxy()]) {
    assert.equal(isPlainError(value), false)
  }
})

test('isErrorLike refuses what is not an error', () => {
  for (const value of [
    { message: 'x', stack: 'y' },
    'Error',
    null,
    undefined,
    Error,
    throwingProxy(),
    revokedProxy(),
  ]) {
    assert.equal(isErrorLike(value), false)
  }
})

test('isArrayLike is false for a revoked Proxy', () => {
  assert.equal(isArrayLike([]), true)
  assert.equal(isArrayLike(revokedProxy([])), false)
})

test('typeName names the type as a person would', () => {
  class DatabaseError extends Error {}
  const renamed = new Error('x')
  renamed.name = 'Renamed'
  const nameless = Object.assign(new Error('x'), { name: '', constructor: undefined })
  assert.equal(typeName(new DatabaseError('x')), 'DatabaseError')
  assert.equal(typeName(renamed), 'Renamed')
  assert.equal(typeName(nameless), 'Error')
  assert.equal(typeName(new DOMException('x', 'AbortError')), 'AbortError')
  assert.equal(typeName(null), 'null')
  assert.equal(typeName(undefined), 'undefined')
  assert.equal(typeName('x'), 'string')
  assert.equal(
    typeName(() => 1),
    'function',
  )
  assert.equal(typeName({}), 'Object')
  assert.equal(typeName(new Map()), 'Map')
  assert.equal(typeName(Object.create(null)), 'object')
  assert.equal(typeName(revokedProxy()), 'object')
  assert.equal(typeName(Object.assign(new Error('x'), { name: 'n'.repeat(1000) })).length, 128)
})

test('messageOf gives an error its message and other values their inspection', () => {
  assert.equal(messageOf(new Error('hello')), 'hello')
  assert.equal(messageOf('hello'), 'hello')
  assert.equal(messageOf(undefined), 'undefined')
  assert.equal(messageOf(5n), '5n')
  assert.equal(messageOf(Symbol('s')), 'Symbol(s)')
  assert.equal(messageOf({ a: { b: { c: { d: 1 } } } }), '{ a: { b: { c: [Object] } } }')
  assert.equal(messageOf(Object.assign(new Error('x'), { message: 7 })), '7')
  assert.equal(messageOf(Object.assign(new Error('x'), { message: undefined })), '')
  assert.equal(messageOf(throwingGetters()), '')
})

test('messageOf runs no code of the value', () => {
  let ran = false
  const spy = (): string => {
    ran = true
    return 'x'
  }
  messageOf({ [Symbol.for('nodejs.util.inspect.custom')]: spy, toString: spy, toJSON: spy })
  messageOf(Object.defineProperty({}, 'secret', { get: spy, enumerable: true }))
  messageOf(new Proxy({}, { get: spy, ownKeys: () => [spy()] }))
  assert.equal(ran, false)
})

test('messageOf does not inspect objects with very many keys', () => {
  const keys = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`key${i}`, i]))
  assert.equal(messageOf(keys), '[Object with more than 200 keys]')
  assert.match(messageOf(Array.from({ length: 5000 }, () => 1)), /more items/)
})

test('what a client may have sent costs no more than to list its keys, once', () => {
  const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`key${i}`, i]))
  const listing = fastest(() => Object.keys(wide))
  const many = Array.from({ length: 10 }, () => wide)
  for (const make of [() => [many], () => ({ many }), () => new Map([[wide, wide]]), () => [new Set(many)]]) {
    const time = fastest(() => {
      const value = make()
      for (let i = 0; i < 5; i += 1) assert.match(messageOf(value), /with more than 200 keys\]$/)
    })
    assert.ok(time < 20 * listing + 1, `${time} ms, to list the keys of one takes ${listing} ms`)
  }
  assert.match(messageOf({ ['k'.repeat(1025)]: 1 }), /more than 200 keys/)
})

test('what inspect would show whole is not inspected, however deep it is', () => {
  const long = 'x'.repeat(20_000)
  const wide = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`key${i}`, i]))
  const tooLong = {
    'a String object': new String(long),
    'a bigint': 1n << 5000n,
    'a boxed bigint': Object(1n << 5000n),
    'a symbol': Symbol(long),
    'a boxed symbol': Object(Symbol(long)),
    'an error': new Error(long),
    'an error without a stack': Object.assign(new Error(long), { stack: undefined }),
    'an error of a class of its own': Object.assign(Object.create(Error.prototype), { stack: long }),
  }
  for (const [name, value] of Object.entries(tooLong)) {
    assert.match(messageOf({ a: { b: { c: value } } }), /^\[Object too long to be shown\]$/, name)
    assert.match(messageOf([new Set([value])]), /^\[Array too long to be shown\]$/, name)
  }
  assert.equal(messageOf(tooLong['a bigint']), '[bigint too long to be shown]')
  assert.equal(messageOf(tooLong['a symbol']), '[symbol too long to be shown]')
  assert.equal(messageOf(tooLong['a String object']), '[String too long to be shown]')
  const held = { error: new Error('short', { cause: wide }) }
  assert.equal(messageOf(held), '[Object with more than 200 keys]')
  const members = Object.assign(new Error(), { message: new AggregateError([wide]) })
  assert.equal(messageOf(members), '[AggregateError with more than 200 keys]')
  const symbols = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [Symbol(`key${i}`), i]))
  assert.equal(messageOf(symbols), '[Object with more than 200 keys]')
  assert.equal(messageOf({ [Symbol(long)]: 1 }), '[Object with more than 200 keys]')
})

test('what inspect alone can look into is not inspected', () => {
  const wide = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`key${i}`, i]))
  const values = new Map([[1, wide]])
  assert.equal(messageOf(new Proxy(wide, {})), '[Proxy with a content that has no bound]')
  assert.equal(messageOf(Promise.resolve(wide)), '[Promise with a content that has no bound]')
  for (const hidden of [
    new Proxy(wide, {}),
    Promise.resolve(wide),
    values.values(),
    new Set([wide]).values(),
  ]) {
    assert.equal(messageOf({ a: { b: { c: hidden } } }), '[Object with a content that has no bound]')
  }
})

test('what is short is shown whole', () => {
  const value = {
    text: new String('abc'),
    n: 1n << 64n,
    s: Symbol('s'),
    b: Object(5n),
    e: { c: new Set([1]) },
  }
  assert.equal(
    messageOf(value),
    "{ text: [String: 'abc'], n: 18446744073709551616n, s: Symbol(s), b: [BigInt: 5n], e: { c: Set(1) { 1 } } }",
  )
  assert.match(messageOf({ error: new Error('inner') }), /error: Error: inner/)
})

test('a Buffer is shown by its first bytes, whatever its length', () => {
  const body = Buffer.alloc(4 * 1024 * 1024, 97)
  const length = fastest(() => Object.keys(body.subarray(0, 65_536)))
  for (const value of [body, { body }, body.buffer]) {
    assert.match(messageOf(value), /97, 97|61 61/)
    const time = fastest(() => messageOf(value))
    assert.ok(time < length + 1, `${time} ms, to list the keys of 64 KiB takes ${length} ms`)
  }
})

/** Milliseconds of the fastest of five calls: what else the machine does is not in it. */
function fastest(call: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now()
    call()
    return performance.now() - started
  })
  return Math.min(...times)
}

test('messageOf says so when a value cannot be inspected', () => {
  assert.equal(messageOf(Object.create(throwingProxy())), '[object that cannot be inspected]')
})

test('lengthOf gives the length of an array, and runs no conversion of a Proxy', () => {
  const withLength = (length: unknown): [] => new Proxy([], { get: () => length })
  assert.equal(lengthOf([1, 2]), 2)
  for (const length of [Symbol('x'), 5n, '5', { valueOf: () => 5 }, Number.NaN, -1, undefined])
    assert.equal(lengthOf(withLength(length)), 0)
})

test('clip cuts at the limit, says so, and keeps characters whole', () => {
  assert.equal(clip('abc', 3), 'abc')
  assert.equal(clip('abcd', 3), 'abc… [cut, 4 characters]')
  assert.equal(clip('ab\u{1f600}cd', 3), 'ab… [cut, 6 characters]')
})
