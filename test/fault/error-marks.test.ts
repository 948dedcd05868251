import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { ErrorMarks } from '../../src/fault/error-marks.ts'

const objects = (): object[] => [
  new Error('plain'),
  Object.freeze(new Error('frozen')),
  new Proxy(new Error('proxy'), {}),
  Proxy.revocable({}, {}).proxy,
  { thrown: 'as it is' },
  () => 'thrown',
]

test('remembers the newest value of every object, each memory its own', () => {
  const marks = new ErrorMarks<string>()
  const others = new ErrorMarks<string>()
  for (const object of objects()) {
    assert.equal(marks.get(object), undefined)
    marks.set(object, 'first')
    marks.set(object, 'newest')
    assert.equal(marks.get(object), 'newest')
    assert.equal(others.get(object), undefined)
  }
})

test('has nothing for what is no object', () => {
  const marks = new ErrorMarks<string>()
  for (const value of [undefined, null, 'text', 7, Symbol('thrown')]) {
    marks.set(value, 'any')
    assert.equal(marks.get(value), undefined)
  }
})

test('nobody sees it on the error', () => {
  const marks = new ErrorMarks<object>()
  const error = new Error('plain')
  error.stack = 'Error: plain'
  const before = [Reflect.ownKeys(error), inspect(error, { showHidden: true })]
  marks.set(error, { secret: true })
  assert.deepEqual([Reflect.ownKeys(error), inspect(error, { showHidden: true })], before)
  assert.deepEqual(error, Object.assign(new Error('plain'), { stack: 'Error: plain' }))
})
