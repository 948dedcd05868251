import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { Origin } from '../../src/fault/fault.ts'
import { fingerprintOf } from '../../src/fault/fingerprint.ts'
import { NewFault, shown } from '../../src/fault/new-fault.ts'
import { faultRequest } from '../support/fault-request.ts'

const request = faultRequest()

function faultOf(error: unknown): NewFault {
  return shown(new NewFault({ error, origin: 'handler', attributedTo: 'call', request }, true))
}

/** An error that counts how often its stack is read. */
class Counted extends Error {
  reads = 0
  override get stack(): string {
    this.reads += 1
    return `Error: counted\n    at load (/app/src/load${this.reads}.js:1:2)`
  }
}

function counted(): Counted {
  const error = new Counted('counted')
  // V8 gives each error a stack of its own
  delete (error as { stack?: string }).stack
  return error
}

test('the stack is read when the fingerprint is asked for, and once', () => {
  const error = counted()
  const fault = faultOf(error)
  assert.match(fault.kind, /counted/)
  assert.equal(error.reads, 0)
  const { fingerprint } = fault
  assert.match(fingerprint, /^[0-9a-f]{16}$/)
  assert.equal(fault.fingerprint, fingerprint)
  assert.equal(error.reads, 1)
})

test('ids are UUIDs, of which no two are the same, nor in two processes', async () => {
  const ids = Array.from({ length: 1000 }, () => faultOf(new Error('a bug')).id)
  for (const id of ids)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(new Set(ids).size, ids.length)
  const { NewFault: Another } = (await import(
    `../../src/fault/new-fault.ts?copy=${Date.now()}`
  )) as typeof import('../../src/fault/new-fault.ts')
  const { id } = new Another({ error: undefined, origin: 'handler', attributedTo: 'call', request }, true)
  assert.notEqual(id.slice(0, -9), ids[0]?.slice(0, -9))
})

test('the fingerprint is copied, serialized and printed like the other properties', () => {
  const error = new Error('a bug')
  const fault = faultOf(error)
  const fingerprint = fingerprintOf(error)
  assert.equal({ ...fault }.fingerprint, fingerprint)
  assert.equal(JSON.parse(JSON.stringify(fault)).fingerprint, fingerprint)
  assert.equal(structuredClone({ ...fault, error: undefined }).fingerprint, fingerprint)
  assert.ok(Object.keys(fault).includes('fingerprint'))
  assert.deepEqual(Object.keys(fault).sort(), [
    'at',
    'attributedTo',
    'error',
    'fingerprint',
    'id',
    'job',
    'origin',
    'request',
    'verdict',
  ])
  assert.match(inspect(faultOf(error)), new RegExp(`fingerprint: '${fingerprint}'`))
  assert.equal(new Proxy(fault, {}).fingerprint, fingerprint)
  assert.equal(Object.create(fault).fingerprint, fingerprint)
  assert.equal(Object.freeze(faultOf(error)).fingerprint, fingerprint)
})

test('the fingerprint goes by the type and the code that the error had when it became a fault', () => {
  const error = Object.assign(new Error('a bug'), { code: 'A' })
  const before = fingerprintOf(error)
  const fault = faultOf(error)
  Object.assign(error, { name: 'Other', code: 'B', message: 'something else' })
  assert.equal(fault.fingerprint, before)
  assert.notEqual(fingerprintOf(error), before)
})

test('it stays what it was once it was asked for, whatever becomes of the stack', () => {
  const error = new Error('a bug')
  const fault = faultOf(error)
  const { fingerprint } = fault
  error.stack = 'Error: a bug\n    at other (/app/src/other.js:1:2)'
  assert.equal(fault.fingerprint, fingerprint)
})

test('what has no stack that can be read has a fingerprint all the same', () => {
  const thrower = Object.defineProperty(new Error('thrower'), 'stack', {
    get() {
      throw new Error('no stack')
    },
  })
  for (const value of [thrower, Object.freeze(new Error('frozen')), undefined, 'text', { plain: true }]) {
    const fault = faultOf(value)
    assert.equal(fault.fingerprint, fingerprintOf(value))
    assert.equal(fault.error, value)
  }
})

test('a kind is the route, the origin, the type, the code and the message without ids', () => {
  const kind = (error: unknown): string => faultOf(error).kind
  const one = kind(new Error('user 1 has no "address"'))
  assert.equal(kind(new Error('user 2345 has no "name"')), one)
  assert.notEqual(kind(new Error('order 1 has no "address"')), one)
  assert.notEqual(kind(new TypeError('user 1 has no "address"')), one)
  assert.notEqual(kind(Object.assign(new Error('user 1 has no "address"'), { code: 'E' })), one)
  const of = (origin: Origin, route: string): string =>
    new NewFault(
      {
        error: new Error('user 1 has no "address"'),
        origin,
        attributedTo: 'call',
        request: { ...request, route },
      },
      true,
    ).kind
  assert.equal(of('handler', '/users/:id'), one)
  assert.notEqual(of('hook', '/users/:id'), one)
  assert.notEqual(of('handler', '/orders'), one)
})

test('ids of any length at the start of a long message make no kind of their own', () => {
  const kind = (id: number): string => faultOf(new Error(`${id} ${'is not a user '.repeat(1000)}`)).kind
  assert.equal(kind(1), kind(1_234_567_890))
  assert.ok(kind(1).length < 200)
})

test('the name of a job is cut', () => {
  const known = { error: new Error('x'), origin: 'job', attributedTo: 'call', request: undefined } as const
  assert.equal(new NewFault({ ...known, job: 'nightly' }, true).job, 'nightly')
  assert.equal(new NewFault({ ...known, job: 'j'.repeat(10_000) }, true).job?.indexOf('…'), 256)
})
