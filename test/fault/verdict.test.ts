import assert from 'node:assert/strict'
import { readFileSync, stat } from 'node:fs'
import { open } from 'node:fs/promises'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { someInChain } from '../../src/fault/chain.ts'
import { FatalError } from '../../src/fault/fatal-error.ts'
import type { Attribution, Origin, Verdict } from '../../src/fault/fault.ts'
import { isFatalError } from '../../src/fault/is-fatal-error.ts'
import { isVerdict, proposeVerdict } from '../../src/fault/verdict.ts'
import { cyclicError, hostileValues, revokedProxy } from '../support/hostile.ts'
import { errorOfNode, errorOfUpstream } from '../support/node-error.ts'

const propose = (error: unknown, origin: Origin, attributedTo: Attribution, hasServed = true): Verdict =>
  proposeVerdict({ error, origin, attributedTo, job: undefined }, hasServed)

const withCode = (code: string): Error => errorOfNode(code, 'x')

for (const [name, value] of hostileValues()) {
  test(`proposes a verdict for ${name} without throwing`, () => {
    assert.equal(isFatalError(value), false)
    assert.equal(propose(value, 'handler', 'call'), 'contain')
    assert.equal(propose(value, 'rejection', 'context'), 'contain')
  })
}

test('FatalError is an ordinary Error with a name, a message and a cause', () => {
  const cause = new Error('why')
  const error = new FatalError('broken', { cause })
  assert.ok(error instanceof Error)
  assert.equal(error.name, 'FatalError')
  assert.equal(error.message, 'broken')
  assert.equal(error.cause, cause)
  assert.match(error.stack ?? '', /^FatalError: broken\n/)
  assert.deepEqual(Object.keys(error), [])
  assert.doesNotMatch(inspect(new FatalError('x')), /Symbol/)
  assert.equal(new FatalError().message, '')
})

test('a FatalError is recognised anywhere in the chain', () => {
  class LostLock extends FatalError {}
  const fatal = new FatalError('x')
  assert.ok(isFatalError(fatal))
  assert.ok(isFatalError(new LostLock('x')))
  assert.ok(isFatalError(new Error('a', { cause: new Error('b', { cause: fatal }) })))
  assert.ok(isFatalError(new AggregateError([new Error('a'), fatal])))
  assert.ok(isFatalError(new AggregateError([new Error('a', { cause: new AggregateError([fatal]) })])))
  assert.ok(isFatalError(new Proxy(fatal, {})))
})

test('a FatalError of another copy of the package is recognised', () => {
  class FatalOfAnotherCopy extends Error {
    get [Symbol.for('fastify-isolate.FatalError')](): boolean {
      return true
    }
  }
  const error = new FatalOfAnotherCopy('x')
  assert.ok(!(error instanceof FatalError))
  assert.ok(isFatalError(error))
})

test('only Errors can be fatal: what a client sent cannot pose as one', () => {
  assert.equal(isFatalError({ [Symbol.for('fastify-isolate.FatalError')]: true }), false)
  assert.equal(isFatalError(new Proxy({}, { get: () => true })), false)
  assert.equal(propose({ code: 'EMFILE' }, 'handler', 'call'), 'contain')
  assert.equal(propose({ code: 'ERR_INTERNAL_ASSERTION' }, 'handler', 'call'), 'contain')
})

test('the search through causes ends on cycles and on endless chains', () => {
  assert.equal(isFatalError(cyclicError()), false)
  class Endless extends Error {
    override get cause(): Error {
      return new Endless('again')
    }
  }
  let visited = 0
  const count = (): boolean => {
    visited += 1
    return false
  }
  assert.equal(someInChain(new Endless('x'), count), false)
  assert.equal(visited, 100)
})

test('the search survives hostile members and still finds what stands beside them', () => {
  const fatal = new FatalError('x')
  assert.ok(isFatalError(new AggregateError([revokedProxy(), null, 'x', fatal])))
  const huge = Object.assign(new Error('x'), { errors: Array.from({ length: 1000 }, () => new Error('e')) })
  assert.equal(isFatalError(huge), false)
})

test('fatal: an assertion inside of Node', () => {
  assert.equal(propose(withCode('ERR_INTERNAL_ASSERTION'), 'handler', 'call'), 'fatal')
  const wrapped = new Error('x', { cause: withCode('ERR_INTERNAL_ASSERTION') })
  assert.equal(propose(wrapped, 'handler', 'call'), 'fatal')
  assert.equal(propose(new FatalError('x'), 'stream', 'call'), 'fatal')
})

for (const code of ['EMFILE', 'ENFILE', 'ENOBUFS', 'ERR_WORKER_OUT_OF_MEMORY']) {
  test(`recycle: ${code}, also as a cause`, () => {
    assert.equal(propose(withCode(code), 'handler', 'call'), 'recycle')
    assert.equal(propose(new Error('x', { cause: withCode(code) }), 'rejection', 'context'), 'recycle')
  })
}

test('a code that was copied onto an error of the app says nothing', () => {
  const properties = { errno: -24, syscall: 'open', path: '/x' }
  for (const code of ['ERR_INTERNAL_ASSERTION', 'EMFILE', 'ERR_WORKER_OUT_OF_MEMORY']) {
    const copied = Object.assign(new Error(`${code}: too many, open '/x'`), { code, ...properties })
    assert.equal(propose(copied, 'handler', 'call'), 'contain')
    assert.equal(propose(new Error('x', { cause: copied }), 'handler', 'call'), 'contain')
  }
  const sent = errorOfUpstream('ERR_INTERNAL_ASSERTION', 'made again from JSON, its stack included')
  assert.equal(propose(sent, 'handler', 'call'), 'contain')
  const message = 'Array buffer allocation failed'
  const renamed = Object.assign(new Error(message), { name: 'RangeError' })
  assert.equal(propose(renamed, 'handler', 'call'), 'contain')
})

test('an error of libuv is Node’s own, with its trace and without', async () => {
  const ofNode = [
    thrownBy(() => readFileSync('/does/not/exist')),
    await open('/does/not/exist').catch((error: unknown) => error),
    await new Promise((resolve) => stat('/does/not/exist', resolve)),
  ]
  for (const error of ofNode) {
    assert.equal((error as { code?: string }).code, 'ENOENT')
    const full = Object.assign(error as Error, { code: 'EMFILE' })
    assert.equal(propose(full, 'handler', 'call'), 'recycle', full.stack)
  }
  const without = Object.assign(new Error('x'), { code: 'EMFILE', stack: 'Error: x' })
  assert.equal(propose(without, 'handler', 'call'), 'contain')
})

function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' })
}

test('recycle: V8 got no memory, and gets none for less', (t) => {
  const errors = [
    thrownBy(() => new ArrayBuffer(1e15)),
    new RangeError('WebAssembly.Memory(): could not allocate memory'),
    withCode('ERR_MEMORY_ALLOCATION_FAILED'),
  ]
  const verdicts = (): Verdict[] => errors.map((error) => propose(error, 'handler', 'call'))
  assert.deepEqual(verdicts(), ['contain', 'contain', 'contain'], 'one value was too large')
  const { ArrayBuffer: real } = globalThis
  t.after(() => {
    globalThis.ArrayBuffer = real
  })
  globalThis.ArrayBuffer = function none() {
    throw errors[0]
  } as never
  assert.deepEqual(verdicts(), ['recycle', 'recycle', 'recycle'])
})

test('contain: a value that is too large is the bug of one request', () => {
  const overflow = (): number => overflow() + 1
  const errors = [
    thrownBy(() => new Array(-1)),
    thrownBy(() => 'x'.repeat(2 ** 30)),
    thrownBy(overflow),
    new Error('Array buffer allocation failed'),
    withCode('ENOENT'),
  ]
  for (const error of errors) assert.equal(propose(error, 'handler', 'call'), 'contain')
})

test('an error that escaped recycles without a request; with one, an exception does', () => {
  const error = new Error('x')
  assert.equal(propose(error, 'rejection', 'none'), 'recycle')
  assert.equal(propose(error, 'exception', 'none'), 'recycle')
  assert.equal(propose(error, 'exception', 'context'), 'recycle')
  assert.equal(propose(error, 'exception', 'call'), 'recycle')
  assert.equal(propose(error, 'runaway', 'context'), 'recycle')
  assert.equal(propose(error, 'runaway', 'none'), 'recycle')
  assert.equal(propose(error, 'rejection', 'context'), 'contain')
  assert.equal(propose(new FatalError('x'), 'exception', 'context'), 'fatal')
  assert.equal(propose(new FatalError('x'), 'rejection', 'none'), 'fatal')
})

test('an error that escaped without a request before the app served is a boot that failed', () => {
  const error = new Error('x')
  assert.equal(propose(error, 'rejection', 'none', false), 'fatal')
  assert.equal(propose(error, 'exception', 'none', false), 'fatal')
  assert.equal(propose(error, 'handler', 'none', false), 'contain')
})

test('of a job everything is contained but what is fatal anywhere, and exhausted resources', () => {
  const ofJob = (error: unknown, origin: Origin, hasServed = true): Verdict => {
    const attributedTo = origin === 'job' ? 'call' : 'context'
    return proposeVerdict({ error, origin, attributedTo, job: 'mail' }, hasServed)
  }
  for (const origin of ['job', 'exception', 'rejection'] as const) {
    assert.equal(ofJob(new Error('x'), origin), 'contain')
    assert.equal(ofJob(new Error('x'), origin, false), 'contain')
    assert.equal(ofJob(new FatalError('x'), origin), 'fatal')
    assert.equal(ofJob(withCode('EMFILE'), origin), 'recycle')
  }
})

test('what an app reports itself, without a request, is contained', () => {
  assert.equal(propose(new Error('x'), 'handler', 'none'), 'contain')
})

test('isVerdict', () => {
  for (const verdict of ['contain', 'recycle', 'fatal']) assert.equal(isVerdict(verdict), true)
  for (const value of ['FATAL', '', undefined, null, true, ['fatal'], revokedProxy()])
    assert.equal(isVerdict(value), false)
})
