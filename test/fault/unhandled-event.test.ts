import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { serializeError } from '../../src/fault/serialize.ts'
import { isUnhandledEvent, unhandledEventHint } from '../../src/node-parts.ts'
import { formatReport } from '../../src/report/format.ts'
import { report } from '../support/crash-report.ts'
import { hostileValues } from '../support/hostile.ts'

class BoundPool extends EventEmitter {}

/** What an emitter throws where nobody listens for `'error'`. */
function emitted(error: unknown): unknown {
  try {
    new BoundPool().emit('error', error)
  } catch (thrown) {
    return thrown
  }
  return assert.fail('nothing was thrown')
}

test('the hint of an event that nobody listens for stands below the stack, as Node prints it', () => {
  const error = emitted(new Error('gone'))
  assert.ok(isUnhandledEvent(error))
  const { stack } = error as Error
  const { stack: logged, message } = serializeError(error)
  assert.ok(logged.startsWith(`${stack}\nEmitted 'error' event on BoundPool instance at:\n    at emitted (`))
  assert.equal(message, 'gone')
  assert.equal((error as Error).stack, stack)
})

test('a crash report has the hint too, and prints it', () => {
  const made = report(emitted(new Error('gone')))
  const hint = "Emitted 'error' event on BoundPool instance at:"
  assert.ok(made.fault?.error.stack.includes(hint))
  assert.ok(formatReport(made).includes(hint))
})

test('the hint is bounded, and left out below a stack that was cut', () => {
  const named = new (class extends EventEmitter {
    static override name = 'x'.repeat(10_000)
  })()
  assert.throws(
    () => named.emit('error', new Error('gone')),
    (error: Error) => serializeError(error).stack.length < (error.stack ?? '').length + 5_000,
  )
  const long = new Error('x'.repeat(100_000))
  assert.doesNotMatch(serializeError(emitted(long)).stack, /Emitted/)
})

test('another error has no hint', () => {
  assert.equal(unhandledEventHint(new Error('other')), undefined)
  assert.equal(unhandledEventHint(emitted('a string')), undefined)
  for (const [name, value] of hostileValues()) assert.equal(unhandledEventHint(value), undefined, name)
})

test('an error whose stack throws when it is read has no hint', () => {
  const error = emitted(new Error('gone')) as Error
  Object.defineProperty(error, 'stack', {
    get() {
      throw new Error('no stack')
    },
  })
  assert.equal(unhandledEventHint(error), undefined)
})
