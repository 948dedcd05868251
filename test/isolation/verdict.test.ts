import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, it, type TestContext } from 'node:test'
import { FatalError } from '../../src/index.ts'
import type { FaultMessage } from '../../src/log/fault-message.ts'
import type { Classify } from '../../src/options/options.ts'
import { testApp, until } from '../support/app.ts'
import { startFixture } from '../support/child.ts'
import { errorOfNode } from '../support/node-error.ts'

const fail = async (): Promise<never> => {
  throw new Error('boom')
}

async function faultOf(t: TestContext, error: unknown, classify?: Classify) {
  const test = testApp(t, { isolate: classify === undefined ? {} : { classify } })
  test.app.get('/x', async () => {
    throw error
  })
  const answer = await test.ask('/x')
  assert.equal(answer.status, 500)
  assert.equal(test.faults.length, 1)
  return { fault: test.faults[0], test }
}

describe('the default verdict', () => {
  const withCode = (code: string) => errorOfNode(code, 'no more')
  const cases: [string, unknown, string][] = [
    ['a plain error', new Error('boom'), 'contain'],
    ['a string', 'boom', 'contain'],
    ['undefined', undefined, 'contain'],
    ['a FatalError', new FatalError('over'), 'fatal'],
    ['a cause that is a FatalError', new Error('boom', { cause: new FatalError('over') }), 'fatal'],
    ['ERR_INTERNAL_ASSERTION', withCode('ERR_INTERNAL_ASSERTION'), 'fatal'],
    ['an allocation RangeError', new RangeError('Array buffer allocation failed'), 'contain'],
    ['a stack overflow', new RangeError('Maximum call stack size exceeded'), 'contain'],
    ['ECONNREFUSED', withCode('ECONNREFUSED'), 'contain'],
    ...['EMFILE', 'ENFILE', 'ENOBUFS', 'ERR_WORKER_OUT_OF_MEMORY'].map((code): [string, unknown, string] => [
      code,
      withCode(code),
      'recycle',
    ]),
  ]
  for (const [name, error, verdict] of cases) {
    it(`of ${name} is ${verdict}`, async (t) => {
      const { fault, test } = await faultOf(t, error)
      assert.equal(fault?.verdict, verdict)
      assert.equal(test.app.isolation.counts.verdict[verdict as 'contain'], 1)
      assert.equal(test.faultLines()[0]?.level, verdict === 'fatal' ? 60 : 50)
    })
  }

  it('of an allocation that is too large is contain: a client may have chosen its length', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async () => new ArrayBuffer(2 ** 46))
    await test.ask('/x')
    assert.equal(test.faults[0]?.verdict, 'contain')
  })
})

describe('classify', () => {
  it('is called once a fault, synchronously, with the fault and the proposed verdict', async (t) => {
    const calls: unknown[][] = []
    const { fault } = await faultOf(t, new FatalError('over'), (...args) => {
      calls.push([args[0].origin, args[0].request?.route, args[1], args.length])
      return undefined
    })
    assert.deepEqual(calls, [['handler', '/x', 'fatal', 2]])
    assert.equal(fault?.verdict, 'fatal')
  })

  it('is not called for an expected error', async (t) => {
    let calls = 0
    const test = testApp(t, {
      isolate: {
        classify: () => {
          calls += 1
          return undefined
        },
      },
    })
    test.app.get('/x', async () => {
      throw Object.assign(new Error('gone'), { statusCode: 410 })
    })
    await test.ask('/x')
    await test.ask('/nowhere')
    assert.equal(calls, 0)
  })

  for (const verdict of ['contain', 'recycle', 'fatal'] as const) {
    it(`decides: ${verdict}`, async (t) => {
      const { fault, test } = await faultOf(t, new Error('boom'), () => verdict)
      assert.equal(fault?.verdict, verdict)
      assert.equal(test.faultLines()[0]?.fault.verdict, verdict)
      assert.equal(test.app.isolation.counts.verdict[verdict], 1)
    })
  }

  const wrong: Record<string, () => unknown> = {
    throws: () => {
      throw new Error('worse')
    },
    'throws undefined': () => {
      throw undefined
    },
    'returns null': () => null,
    'returns an unknown verdict': () => 'ignore',
    'returns a promise': async () => 'contain',
    'returns a promise that is rejected': async () => {
      throw new Error('worse')
    },
  }
  for (const [name, classify] of Object.entries(wrong)) {
    it(`that ${name}: the default stands, and that is logged`, async (t) => {
      const { fault, test } = await faultOf(t, new FatalError('over'), classify as Classify)
      assert.equal(fault?.verdict, 'fatal')
      assert.equal(test.troubleLines().length, 2)
      const line = test.troubleLines().find((each) => each.fault === undefined)
      assert.match(line?.msg, /`classify` option failed: the verdict stays 'fatal'/)
      assert.equal(line?.reqId, 'req-1')
    })
  }
})

describe('onFault', () => {
  it('sees every fault after it was logged', async (t) => {
    const logged: number[] = []
    const test = testApp(t, { isolate: { onFault: () => void logged.push(test.faultLines().length) } })
    test.app.get('/x', fail)
    await test.ask('/x')
    await test.ask('/x')
    assert.deepEqual(logged, [1, 2])
    assert.deepEqual(
      test.faults.map((fault) => (fault.error as Error).message),
      ['boom', 'boom'],
    )
  })

  for (const [name, onFault] of Object.entries({
    throws: () => {
      throw new Error('tracker')
    },
    rejects: async () => {
      throw new Error('tracker')
    },
  })) {
    it(`that ${name} is logged once and harms nothing`, async (t) => {
      const test = testApp(t, { isolate: false })
      const { isolate } = await import('../../src/isolate.ts')
      test.app.register(isolate({ onFault }))
      test.app.get('/x', fail)
      for (let i = 0; i < 3; i += 1) assert.equal((await test.ask('/x')).status, 500)
      await until('three', () => test.faultLines().length === 3)
      const others = test.troubleLines().filter((line) => line.fault === undefined)
      assert.equal(others.length, 1)
      assert.match(others[0]?.msg, /listener of faults failed/)
      assert.equal(others[0]?.err.message, 'tracker')
      assert.equal(others[0]?.err.type, 'Error')
    })
  }
})

describe('the channel fastify-isolate:fault', () => {
  it('publishes the fault, the request and the reply', async (t) => {
    const messages: FaultMessage[] = []
    const names: unknown[] = []
    const listener = (message: unknown, name: unknown) => {
      messages.push(message as FaultMessage)
      names.push(name)
    }
    subscribe('fastify-isolate:fault', listener)
    t.after(() => unsubscribe('fastify-isolate:fault', listener))
    const test = testApp(t)
    let request: unknown
    let reply: unknown
    test.app.get('/x', async (...args) => {
      request = args[0]
      reply = args[1]
      throw new Error('boom')
    })
    await test.ask('/x')
    assert.equal(messages.length, 1)
    assert.equal(messages[0]?.fault, test.faults[0])
    assert.equal(messages[0]?.request, request)
    assert.equal(messages[0]?.reply, reply)
    assert.deepEqual(names, ['fastify-isolate:fault'])
    test.app.isolation.report(new Error('job'))
    assert.equal(messages[1]?.request, undefined)
  })

  it('a subscriber that throws is logged once, and the others still hear', async (t) => {
    let heard = 0
    const throwing = () => {
      throw new Error('subscriber')
    }
    const listening = () => {
      heard += 1
    }
    subscribe('fastify-isolate:fault', throwing)
    subscribe('fastify-isolate:fault', listening)
    t.after(() => {
      unsubscribe('fastify-isolate:fault', throwing)
      unsubscribe('fastify-isolate:fault', listening)
    })
    const test = testApp(t)
    test.app.get('/x', fail)
    for (let i = 0; i < 3; i += 1) assert.equal((await test.ask('/x')).status, 500)
    assert.equal(heard, 3)
    const others = test.troubleLines().filter((line) => line.fault === undefined)
    assert.equal(others.length, 1)
    assert.equal(others[0]?.err.message, 'subscriber')
  })
})

describe('a finished request', () => {
  it('is not kept alive by its faults, nor by what keeps its asynchronous context', async (t) => {
    const child = await startFixture(t, 'finished-requests', { nodeArgs: ['--expose-gc'] })
    assert.equal(child.ready.faults, 3)
    assert.equal(child.ready.pooled, 5)
    assert.equal(child.ready.tracked, 3)
    assert.ok(child.ready.alive <= 1, `${child.ready.alive} of 5 are alive`)
    assert.ok(child.ready.signals <= 1, `the signals of ${child.ready.signals} of 5 are alive`)
    assert.deepEqual(await child.exited, [0, null])
  })
})
