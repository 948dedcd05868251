import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Fault } from '../../src/index.ts'
import { testApp } from '../support/app.ts'

describe('report() of an error that is a fault already', () => {
  for (const [what, thrown] of [
    ['an Error', new Error('boom')],
    ['a string', 'boom'],
  ] as const) {
    it(`returns the fault of the request that threw ${what}`, async (t) => {
      const test = testApp(t)
      const reported: Fault[] = []
      test.app.setErrorHandler((error, request, reply) => {
        reported.push(test.app.isolation.report(error, request))
        reply.code(500).send('failed')
      })
      test.app.get('/x', async () => {
        throw thrown
      })
      assert.equal((await test.ask('/x')).body, 'failed')
      assert.equal(test.faults.length, 1)
      assert.equal(reported[0], test.faults[0])
      assert.equal(test.faultLines().length, 1)
      assert.equal(test.app.isolation.counts.total, 1)
    })
  }

  it('returns it also when the response has closed', async (t) => {
    const test = testApp(t)
    const error = new Error('boom')
    const late = new Promise<Fault>((resolve) => {
      test.app.addHook('onRequest', async (request, reply) => {
        reply.raw.once('close', () => {
          setImmediate(() => resolve(test.app.isolation.report(error, request)))
        })
      })
    })
    test.app.get('/x', async () => {
      throw error
    })
    await test.ask('/x')
    assert.equal(await late, test.faults[0])
    assert.equal(test.app.isolation.counts.total, 1)
  })

  it('is one fault where the error is thrown after it was reported', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async (request) => {
      const error = new Error('boom')
      test.app.isolation.report(error, request)
      throw error
    })
    assert.equal((await test.ask('/x')).status, 500)
    assert.equal(test.faultLines().length, 1)
    assert.equal(test.app.isolation.counts.total, 1)
  })

  it('returns it without a request too', async (t) => {
    const test = testApp(t)
    const error = new Error('boom')
    test.app.get('/x', async () => {
      throw error
    })
    await test.ask('/x')
    assert.equal(test.app.isolation.report(error), test.faults[0])
    const job = new Error('job')
    assert.equal(test.app.isolation.report(job), test.app.isolation.report(job))
    assert.equal(test.app.isolation.counts.total, 2)
  })
})

describe('report() of an error that is none of its request', () => {
  it('makes a fault for each request that an error object is thrown in', async (t) => {
    const test = testApp(t)
    const shared = new Error('no database')
    test.app.setErrorHandler((error, request, reply) => {
      reply.code(500).send(test.app.isolation.report(error, request).id)
    })
    test.app.get('/x', async () => {
      throw shared
    })
    const ids = [(await test.ask('/x')).body, (await test.ask('/x')).body]
    assert.equal(new Set(ids).size, 2)
    assert.deepEqual(
      test.faults.map(({ id }) => id),
      ids,
    )
  })

  it('makes a second fault for another error of the same request', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async (request) => {
      test.app.isolation.report(new Error('one'), request)
      test.app.isolation.report(new Error('two'), request)
      return 'fine'
    })
    await test.ask('/x')
    assert.equal(test.faults.length, 2)
  })
})
