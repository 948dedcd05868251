import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { IsolateOptions } from '../../src/options/options.ts'
import { bodyOf, MASKED, testApp } from '../support/app.ts'

/** Hooks with the names of those of `@fastify/express` and `@fastify/middie`; `test/recipes` has the packages. */
const RUNNERS = {
  runConnect: (app: FastifyInstance, error: unknown) => {
    app.addHook('onRequest', function runConnect(_request, _reply, next) {
      setImmediate(() => next(error as Error))
    })
  },
  runMiddie: (app: FastifyInstance, error: unknown) => {
    app.addHook('preHandler', function runMiddie() {
      throw error
    })
  },
  runMiddieWithPayload: (app: FastifyInstance, error: unknown) => {
    app.addHook('preParsing', function runMiddieWithPayload(_request, _reply, _payload, next) {
      next(error as Error)
    })
  },
}

const withStatus = (status: unknown): Error => Object.assign(new Error('Invalid token'), { status })

async function answerOf(
  t: TestContext,
  add: (app: FastifyInstance, error: unknown) => void,
  error: unknown,
  isolate: IsolateOptions | false = {},
) {
  const test = testApp(t, { isolate })
  add(test.app, error)
  test.app.get('/x', async () => 'never')
  const answer = await test.ask('/x')
  return { status: answer.status, body: answer.body, faults: test.faults.length }
}

describe('the `status` of an error that middleware of Express hands over', () => {
  for (const [name, add] of Object.entries(RUNNERS)) {
    it(`of 401, in ${name}: as bare Fastify answers`, async (t) => {
      const bare = await answerOf(t, add, withStatus(401), false)
      assert.match(bare.body, /Invalid token/)
      assert.deepEqual(await answerOf(t, add, withStatus(401)), bare)
    })
  }

  it('of 503 is that of the masked answer', async (t) => {
    const { status, body, faults } = await answerOf(t, RUNNERS.runConnect, withStatus(503))
    assert.deepEqual([status, faults], [503, 1])
    assert.equal(JSON.parse(body).message, 'Service Unavailable')
  })

  it('says nothing where it is none, or to `branded`', async (t) => {
    for (const error of [withStatus(200), withStatus('401'), withStatus(undefined)]) {
      const { status, faults } = await answerOf(t, RUNNERS.runConnect, error)
      assert.deepEqual([status, faults], [500, 1])
    }
    const branded = await answerOf(t, RUNNERS.runConnect, withStatus(401), { expected: 'branded' })
    assert.deepEqual([branded.status, branded.faults], [500, 1])
  })

  it('says nothing in any other hook', async (t) => {
    const test = testApp(t)
    test.app.addHook('onRequest', (_request, _reply, done) => done(withStatus(401)))
    test.app.get('/x', async () => 'never')
    assert.deepEqual(bodyOf(await test.ask('/x')), MASKED)
    assert.equal(test.faults.length, 1)
  })
})
