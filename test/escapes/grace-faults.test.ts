import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Grace } from '../../src/escapes/grace.ts'
import type { Fault } from '../../src/fault/fault.ts'
import type { RequestContext } from '../../src/request/context.ts'

/** More than a request's grace holds. */
const FAULTS = 150

/** A request from which many errors have escaped, and what its grace answers. */
function afterEscapes(t: TestContext, lengthOf: (n: number) => number = () => 1_000) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] })
  const context = { done: false, forcedAnswer: undefined } as unknown as RequestContext
  const faults = Array.from({ length: FAULTS }, (_, n) => ({ id: String(n) }) as Fault)
  const answered: Fault[] = []
  const escapes = faults.map((fault, n) => Grace.give(context, lengthOf(n), () => answered.push(fault)))
  return {
    context,
    faults,
    answered,
    takeBack: (from: number, to: number) => {
      for (const each of escapes.slice(from, to)) Grace.takeBack(context, each)
    },
    pass: (milliseconds: number) => {
      t.mock.timers.tick(milliseconds)
      t.mock.timers.tick(1)
    },
  }
}

test('of many escapes all have to be handled late before the request is left alone', (t) => {
  const { context, answered, takeBack, pass } = afterEscapes(t)
  takeBack(0, FAULTS - 1)
  assert.notEqual(context.forcedAnswer, undefined)
  takeBack(FAULTS - 1, FAULTS)
  assert.equal(context.forcedAnswer, undefined)
  pass(2_000)
  assert.deepEqual(answered, [])
})

test('one that is left forces the answer, also one that is not held itself', (t) => {
  const { faults, answered, takeBack, pass } = afterEscapes(t)
  takeBack(0, FAULTS - 3)
  pass(2_000)
  assert.deepEqual(answered, [faults.at(-1)])
})

test('the first grace to end counts, also of one that is not held', (t) => {
  const { faults, answered, takeBack, pass } = afterEscapes(t, (n) => (n === 120 ? 50 : 1_000))
  pass(100)
  assert.deepEqual(answered, [faults[120]])
  takeBack(0, FAULTS)
})

test('and where that one is handled late, the next', (t) => {
  const { answered, takeBack, pass } = afterEscapes(t, (n) => (n === 120 ? 50 : 1_000))
  takeBack(120, 121)
  pass(100)
  assert.deepEqual(answered, [])
  pass(2_000)
  assert.equal(answered.length, 1)
})
