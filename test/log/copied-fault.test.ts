import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import { type Fault, type IsolateOptions, isolate } from '../../src/index.ts'
import { isolatedAppOf } from '../../src/isolated-app.ts'

function fail(): never {
  throw new Error('a bug')
}

/** Answers a request that fails, with these options. */
async function failWith(t: TestContext, options: IsolateOptions): Promise<void> {
  const app = Fastify()
  t.after(() => app.close())
  await app.register(isolate({ escapes: false, ...options }))
  app.get('/', fail)
  assert.equal((await app.inject('/')).statusCode, 500)
}

/** The fault of the next message of a channel. */
function listen(t: TestContext, channel: string, take: (fault: Fault) => void): void {
  const onMessage = (message: unknown): void => take((message as { fault: Fault }).fault)
  subscribe(channel, onMessage)
  t.after(() => unsubscribe(channel, onMessage))
}

test('a copy of a fault has its fingerprint, whoever is given the fault', async (t) => {
  const copies: Record<string, Fault> = {}
  const copyAs = (name: string) => (fault: Fault) => {
    copies[name] = { ...fault }
  }
  await failWith(t, { classify: (fault) => copyAs('classify')(fault) as undefined, onFault: () => {} })
  await failWith(t, { onFault: copyAs('onFault') })
  await failWith(t, {
    answer: (fault) => {
      copyAs('answer')(fault)
      return 'failed'
    },
  })
  await t.test('a subscriber', async (t) => {
    listen(t, 'fastify-isolate:fault', copyAs('fault'))
    await failWith(t, {})
  })
  await t.test('a subscriber of outcomes', async (t) => {
    const app = Fastify()
    await app.register(isolate({ escapes: false }))
    const isolated = isolatedAppOf(app)
    const context = undefined
    const error = new Error('a bug')
    const fault = isolated?.recordFault({ error, origin: 'rejection', attributedTo: 'context', context })
    listen(t, 'fastify-isolate:answered', copyAs('answered'))
    isolated?.recordOutcome({ log: app.log } as never, fault as Fault, 'by itself')
    await app.close()
  })
  assert.deepEqual(Object.keys(copies), ['classify', 'onFault', 'answer', 'fault', 'answered'])
  for (const [name, { fingerprint }] of Object.entries(copies)) {
    assert.match(String(fingerprint), /^[0-9a-f]{16}$/, name)
  }
})
