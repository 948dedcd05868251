import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isFatalError } from '../../src/fault/is-fatal-error.ts'
import { readProperty } from '../../src/fault/thrown.ts'
import { bodyOf, MASKED, testApp } from '../support/app.ts'

/** Adds to the prototype of all objects what a flaw in another package lets a client add. */
function pollute(t: TestContext, properties: Record<string, unknown>): void {
  t.after(() => {
    for (const key of Object.keys(properties)) delete (Object.prototype as Record<string, unknown>)[key]
  })
  for (const [key, value] of Object.entries(properties))
    Object.defineProperty(Object.prototype, key, { value, configurable: true, writable: true })
}

test('what stands on the prototype of all objects says nothing of errors, routes and options', async (t) => {
  pollute(t, {
    expose: true,
    code: 'EMFILE',
    statusCode: 409,
    status: 409,
    headers: { 'retry-after': '7' },
    validation: [],
    validationContext: 'body',
    isolate: false,
    classify: () => 'fatal',
    expected: () => true,
    answer: () => 'polluted',
    grace: 1,
    errors: [],
  })
  const test = testApp(t, { isolate: {}, fastify: {}, logger: {} })
  test.app.get('/x', async () => {
    throw new Error('secret')
  })
  const answer = await test.ask('/x')
  assert.equal(answer.status, 500)
  assert.deepEqual(bodyOf(answer), MASKED)
  assert.equal(Object.hasOwn(answer.headers, 'retry-after'), false)
  assert.equal(test.faults[0]?.verdict, 'contain')
  const [line] = test.faultLines()
  assert.deepEqual(Object.keys(line?.err), ['type', 'message', 'stack'])
})

test('a property counts where a nearer prototype has it too', (t) => {
  pollute(t, { name: 'polluted', reason: 'polluted' })
  class Reasoned extends Error {
    get reason(): string {
      return 'own'
    }
  }
  assert.equal(readProperty(new Reasoned('x'), 'reason'), 'own')
  assert.equal(readProperty(new Error('x'), 'reason'), undefined)
  assert.equal(readProperty(new Error('x'), 'name'), 'Error')
  assert.equal(isFatalError(new Error('x')), false)
})
