import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testApp } from '../support/app.ts'

test('job() returns what its function returns, a promise as it is', async (t) => {
  const { app, faults } = testApp(t)
  await app.ready()
  const promise = Promise.resolve(7)
  assert.equal(
    app.isolation.job('mail', () => promise),
    promise,
  )
  assert.equal(
    app.isolation.job('mail', () => 'text'),
    'text',
  )
  assert.equal(
    app.isolation.job('mail', () => undefined),
    undefined,
  )
  assert.deepEqual(faults, [])
})

test('job() records what its function throws, and throws it on', async (t) => {
  const { app, faults, faultLines } = testApp(t)
  await app.ready()
  for (const thrown of [new Error('boom'), 'text', undefined, null]) {
    let caught: unknown = 'nothing'
    try {
      app.isolation.job('mail', () => {
        throw thrown
      })
    } catch (error) {
      caught = error
    }
    assert.equal(caught, thrown)
    assert.equal(faults.at(-1)?.error, thrown)
  }
  const [fault] = faults
  assert.deepEqual(
    [fault?.origin, fault?.attributedTo, fault?.verdict, fault?.job, fault?.request],
    ['job', 'call', 'contain', 'mail', undefined],
  )
  assert.equal(faultLines()[0]?.fault.job, 'mail')
  assert.equal(faultLines()[0]?.msg, 'job mail failed: boom')
  assert.deepEqual(app.isolation.counts.job, { mail: 4 })
  assert.equal(app.isolation.counts.origin.job, 4)
})

test('job() does not call the `then` of what is no promise: it may be what starts the work', async (t) => {
  const { app } = testApp(t)
  await app.ready()
  let calls = 0
  const lazy = {
    // biome-ignore lint/suspicious/noThenProperty: it is what is tested
    get then() {
      calls += 1
      return undefined
    },
  }
  assert.equal(
    app.isolation.job('query', () => lazy),
    lazy,
  )
  assert.equal(calls, 0)
})

test('classify judges the faults of jobs', async (t) => {
  const seen: unknown[] = []
  const { app, faults } = testApp(t, {
    isolate: {
      classify: ({ job, origin }, proposed) => {
        seen.push([job, origin, proposed])
        return 'recycle'
      },
    },
  })
  await app.ready()
  await assert.rejects(
    app.isolation.job('mail', async () => {
      throw new Error('boom')
    }),
  )
  assert.deepEqual(seen, [['mail', 'job', 'contain']])
  assert.equal(faults[0]?.verdict, 'recycle')
})

test('a wrong name and a wrong function are refused, and nothing is run', async (t) => {
  const { app } = testApp(t)
  await app.ready()
  let runs = 0
  const fn = () => {
    runs += 1
  }
  for (const name of ['', undefined, 7, {}, Symbol('x')]) {
    assert.throws(() => app.isolation.job(name as string, fn), {
      name: 'TypeError',
      code: 'FST_ISOLATE_BAD_OPTION',
      message: /^isolation\.job\(\): Expected `name` to be a text that is not empty, got /,
    })
  }
  assert.throws(() => app.isolation.job('mail', 'fn' as never), {
    code: 'FST_ISOLATE_BAD_OPTION',
    message: 'isolation.job(): Expected `fn` to be a function, got `"fn"` (string)',
  })
  assert.equal(runs, 0)
})
