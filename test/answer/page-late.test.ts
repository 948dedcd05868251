import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it, type TestContext } from 'node:test'
import type { FastifyReply } from 'fastify'
import { Youch } from 'youch'
import { youch } from '../../src/answer/youch.ts'
import type { IsolateOptions } from '../../src/options/options.ts'
import { testApp, until } from '../support/app.ts'
import { connectRaw } from '../support/client.ts'

type YouchModule = typeof import('youch')

const BROWSER = { accept: 'text/html' }
const JSON_TYPE = 'application/json; charset=utf-8'

/** Makes youch arrive when `arrive` is called, and not before. */
function holdYouch(t: TestContext) {
  let arrive = (_module: YouchModule): void => {}
  let isAwaited = false
  const arrival = new Promise<YouchModule>((resolve) => {
    arrive = resolve
  })
  const { load } = youch
  t.mock.method(youch, 'load', () => {
    isAwaited = true
    return arrival
  })
  return { arrive: async () => arrive(await load()), isAwaited: () => isAwaited }
}

function failing(t: TestContext, options: IsolateOptions = {}) {
  const test = testApp(t, { isolate: { expose: true, ...options } })
  const replies: FastifyReply[] = []
  test.app.get('/x', async (_request, reply) => {
    replies.push(reply)
    throw new Error('shown')
  })
  const get = () => test.app.inject({ url: '/x', headers: BROWSER })
  return { ...test, get, replies, trouble: () => test.troubleLines().filter(({ fault }) => !fault) }
}

describe('while a page is made', () => {
  it('its client may go away', async (t) => {
    const held = holdYouch(t)
    const { listen, replies, trouble, faultLines, app } = failing(t)
    const client = await connectRaw(await listen(), 'GET /x HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n')
    await until('youch is awaited', held.isAwaited)
    const closed = once((replies[0] as FastifyReply).raw, 'close')
    client.socket.destroy()
    await closed
    await held.arrive()
    const next = await app.inject({ url: '/x', headers: BROWSER })
    assert.match(next.body, /shown/)
    assert.equal(faultLines().length, 2)
    assert.deepEqual(trouble(), [])
  })

  it('the app may send an answer, which is too late and no answer', async (t) => {
    const held = holdYouch(t)
    const { get, replies, trouble } = failing(t)
    const answer = get()
    await until('youch is awaited', held.isAwaited)
    assert.equal(replies[0]?.send('sent late'), replies[0])
    await held.arrive()
    const { statusCode, headers, body } = await answer
    assert.equal(statusCode, 500)
    assert.equal(headers['content-type'], 'text/html; charset=utf-8')
    assert.match(body, /shown/)
    assert.equal(trouble().length, 1)
    assert.match(trouble()[0]?.msg, /the answer was not sent/)
    assert.match(trouble()[0]?.err.stack, /answer\/page-late\.test/)
  })

  it('what comes too late is no answer either where JSON is sent in the end', async (t) => {
    let fail = (_error: Error): void => {}
    const arrival = new Promise<never>((_resolve, reject) => {
      fail = reject
    })
    const load = t.mock.method(youch, 'load', () => arrival)
    const { get, replies } = failing(t)
    const answer = get()
    await until('youch is awaited', () => load.mock.callCount() > 0)
    replies[0]?.send('sent late')
    fail(new Error('no'))
    assert.equal((await answer).json().message, 'shown')
  })

  it('the app may take the response over', async (t) => {
    const held = holdYouch(t)
    const { get, replies, trouble } = failing(t)
    const answer = get()
    await until('youch is awaited', held.isAwaited)
    const [reply] = replies as [FastifyReply]
    reply.hijack()
    await held.arrive()
    assert.match((await get()).body, /shown/)
    reply.raw.end('taken over')
    assert.equal((await answer).body, 'taken over')
    assert.deepEqual(trouble(), [])
  })

  it('another error may ask for an answer', async (t) => {
    const held = holdYouch(t)
    const { get, replies } = failing(t)
    const answer = get()
    await until('youch is awaited', held.isAwaited)
    replies[0]?.send(new Error('one more'))
    const { statusCode, body } = await answer
    assert.equal(statusCode, 500)
    await held.arrive()
    assert.match((await get()).body, /shown/)
    assert.doesNotMatch(body, /one more/)
  })
})

describe('an answer that failed before', () => {
  for (const [what, options, expected] of [
    ['a page', {}, /^<!DOCTYPE html>/],
    ['a function that is awaited', { answer: async () => 'by a function' }, /^by a function$/],
  ] as const) {
    it(`does not keep ${what} from being sent`, async (t) => {
      const { app, get } = failing(t, options)
      let thrown: unknown
      app.setErrorHandler((error, _request, reply) => {
        thrown = error
        reply.send({ by: 'the app' })
      })
      let sends = 0
      app.addHook('onSend', async () => {
        sends += 1
        if (sends === 1) throw thrown
      })
      const { statusCode, body } = await get()
      assert.equal(statusCode, 500)
      assert.match(body, expected)
    })
  }
})

describe('where no page can be made', () => {
  const failures: Record<string, (t: TestContext) => void> = {
    'youch rejects': (t) =>
      void t.mock.method(Youch.prototype, 'toHTML', () => Promise.reject(new Error('no'))),
    'youch throws': (t) => {
      t.mock.method(Youch.prototype, 'toHTML', () => {
        throw new Error('no')
      })
    },
    'youch throws what is no Error': (t) =>
      void t.mock.method(youch, 'load', () => Promise.reject(undefined)),
  }
  for (const [what, fail] of Object.entries(failures)) {
    it(`because ${what}, JSON is sent, and the log says so once`, async (t) => {
      fail(t)
      const { get, trouble, faults } = failing(t)
      for (let i = 0; i < 2; i += 1) {
        const answer = await get()
        assert.equal(answer.statusCode, 500)
        assert.equal(answer.headers['content-type'], JSON_TYPE)
        assert.equal(answer.headers['content-security-policy'], undefined)
        assert.equal(answer.json().message, 'shown')
      }
      assert.equal(trouble().length, 1)
      assert.match(trouble()[0]?.msg, /`npm install youch`/)
      assert.equal(trouble()[0]?.faultId, faults[0]?.id)
    })
  }

  it('in time, JSON is sent', async (t) => {
    const held = holdYouch(t)
    const { app, get, trouble } = failing(t)
    await app.ready()
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const answer = get()
    while (!held.isAwaited()) await new Promise(setImmediate)
    t.mock.timers.tick(5_000)
    t.mock.timers.reset()
    assert.equal((await answer).json().message, 'shown')
    await held.arrive()
    assert.match((await get()).body, /^<!DOCTYPE html>/)
    assert.match(trouble()[0]?.err.message, /no page in 5000 ms/)
    assert.equal(trouble().length, 1)
  })

  it('because the reply itself fails, a bare 500 is sent', async (t) => {
    const held = holdYouch(t)
    const { get, replies, trouble } = failing(t)
    const answer = get()
    await until('youch is awaited', held.isAwaited)
    Object.assign(replies[0] as FastifyReply, {
      header() {
        throw new Error('no header')
      },
    })
    await held.arrive()
    const { statusCode, body } = await answer
    assert.equal(statusCode, 500)
    assert.equal(JSON.parse(body).message, 'Internal Server Error')
    assert.equal(trouble()[0]?.err.message, 'no header')
  })

  it('and no JSON either, a bare 500 is sent', async (t) => {
    t.mock.method(youch, 'load', () => Promise.reject(new Error('no')))
    const { app, get } = failing(t)
    app.addHook('onSend', async () => {
      throw new Error('broken hook')
    })
    const answer = await get()
    assert.equal(answer.statusCode, 500)
    assert.equal(answer.json().message, 'Internal Server Error')
  })
})
