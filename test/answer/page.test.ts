import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import createError from 'http-errors'
import type { OverridableOptions } from '../../src/options/options.ts'
import { MASKED, testApp } from '../support/app.ts'
import { startFixture } from '../support/child.ts'
import { hostileValues } from '../support/hostile.ts'

const CHROME =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,' +
  'application/signed-exchange;v=b3;q=0.7'
const BROWSER = { accept: CHROME }
const JSON_TYPE = 'application/json; charset=utf-8'
const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'
const HTML_TYPE = 'text/html; charset=utf-8'

function throwing(t: TestContext, error: unknown, isolate: OverridableOptions = {}) {
  const test = testApp(t, { isolate: { expose: true, ...isolate } })
  test.app.get('/x', async () => {
    throw error
  })
  return { ...test, get: (headers: Record<string, string>) => test.app.inject({ url: '/x', headers }) }
}

describe('who gets a page', () => {
  for (const [accept, type] of [
    [CHROME, HTML_TYPE],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', HTML_TYPE],
    ['text/html', HTML_TYPE],
    ['TEXT/HTML; charset=utf-8;q=0.9', HTML_TYPE],
    ['text/*', HTML_TYPE],
    ['text/html, application/json;q=0.9', HTML_TYPE],
    ['text/html;q=0.9, application/json', JSON_TYPE],
    ['application/json, text/html', JSON_TYPE],
    ['application/json, text/plain, */*', JSON_TYPE],
    ['application/problem+json, text/html;q=0.9', PROBLEM_TYPE],
    ['text/html, application/problem+json;q=0.9', HTML_TYPE],
    ['text/html;q=0, */*', JSON_TYPE],
    ['text/plain', JSON_TYPE],
    ['*/*', JSON_TYPE],
    ['text/', JSON_TYPE],
    ['', JSON_TYPE],
    [undefined, JSON_TYPE],
  ] as const) {
    it(`accepts ${accept}: ${type}`, async (t) => {
      const answer = await throwing(t, new Error('shown')).get(accept === undefined ? {} : { accept })
      assert.equal(answer.statusCode, 500)
      assert.equal(answer.headers['content-type'], type)
      assert.match(answer.body, /shown/)
    })
  }

  it('no browser, where `expose` is false', async (t) => {
    const answer = await throwing(t, new Error('secret'), { expose: false }).get(BROWSER)
    const { requestId, ...body } = answer.json()
    assert.deepEqual(body, MASKED)
  })

  it('no browser, where only the error says `expose`', async (t) => {
    const error = Object.assign(new Error('shown'), { expose: true })
    const answer = await throwing(t, error, { expose: false }).get(BROWSER)
    assert.equal(answer.json().message, 'shown')
    assert.equal(answer.json().stack, undefined)
  })

  it('browsers on the routes that are exposed, and on no other', async (t) => {
    const { app } = testApp(t)
    const fail = async () => {
      throw new Error('shown?')
    }
    app.get('/shown', { config: { isolate: { expose: true } } }, fail)
    app.get('/hidden', fail)
    const shown = await app.inject({ url: '/shown', headers: BROWSER })
    const hidden = await app.inject({ url: '/hidden', headers: BROWSER })
    assert.equal(shown.headers['content-type'], HTML_TYPE)
    assert.equal(hidden.headers['content-type'], JSON_TYPE)
    assert.doesNotMatch(hidden.body, /shown/)
  })

  it('browsers, where problems are the default', async (t) => {
    const { get } = throwing(t, new Error('shown'), { answer: 'problem' })
    assert.equal((await get(BROWSER)).headers['content-type'], HTML_TYPE)
    assert.equal((await get({})).headers['content-type'], PROBLEM_TYPE)
  })

  it('nobody, where `answer` is a function', async (t) => {
    const { get } = throwing(t, new Error('shown'), { answer: () => 'own' })
    assert.equal((await get(BROWSER)).body, 'own')
  })

  it('browsers, where that function fails', async (t) => {
    const answer = () => Promise.reject(new Error('its own bug'))
    const response = await throwing(t, new Error('shown'), { answer }).get(BROWSER)
    assert.equal(response.headers['content-type'], HTML_TYPE)
    assert.match(response.body, /shown/)
  })

  it('browsers, after an error handler of the app passed the error on', async (t) => {
    const { app, get } = throwing(t, new Error('shown'))
    app.setErrorHandler(async (error) => {
      throw error
    })
    assert.equal((await get(BROWSER)).headers['content-type'], HTML_TYPE)
  })

  it('nobody for an expected error', async (t) => {
    const answer = await throwing(t, createError(404, 'no such order')).get(BROWSER)
    assert.equal(answer.statusCode, 404)
    assert.equal(answer.json().message, 'no such order')
  })
})

describe('a page', () => {
  it('shows the error, the line that failed, and what leads to the log', async (t) => {
    const cause = new AggregateError([new RangeError('one of many')], 'the cause')
    const error = Object.assign(new TypeError('shown\nin two lines', { cause }), { code: 'E_SHOWN' })
    const { get, faults, faultLines } = throwing(t, error)
    const { body } = await get(BROWSER)
    const [fault] = faults
    const texts = ['TypeError', 'shown\nin two lines', 'E_SHOWN', 'AggregateError: the cause']
    const ofTheFault = [fault?.id, fault?.fingerprint, fault?.request?.id, '500 Internal Server Error']
    for (const text of [...texts, ...ofTheFault, 'RangeError: one of many', 'cause.errors[0]']) {
      assert.ok(body.includes(String(text)), `${text} is shown`)
    }
    // youch marks up the words of the line
    const source = body.replace(/<[^>]*>/g, '')
    assert.match(source, /const error = Object\.assign\(new TypeError\(/)
    assert.equal(faultLines()[0]?.fault.id, fault?.id)
  })

  it('has the status and the headers of the JSON that it stands for, and a policy of its own', async (t) => {
    const test = testApp(t, { isolate: { expose: true } })
    const policy = "default-src 'self'"
    test.app.addHook('onRequest', async (_request, reply) => {
      reply.header('x-frame-options', 'DENY').header('content-security-policy', policy)
      reply.raw.setHeader('x-raw', 'kept')
    })
    test.app.addHook('onSend', async (_request, reply) => {
      reply.header('x-sent', 'yes')
    })
    test.app.get('/x', async (_request, reply) => {
      reply.code(201).header('x-of-the-success', 'yes').header('etag', '"1"').type('image/png')
      throw Object.assign(new Error('later'), { statusCode: 503, headers: { 'retry-after': '7' } })
    })
    const json = await test.app.inject('/x')
    const page = await test.app.inject({ url: '/x', headers: BROWSER })
    const ofThePage = ['content-type', 'content-length', 'date', 'content-security-policy']
    const shared = (headers: object) =>
      Object.fromEntries(Object.entries(headers).filter(([name]) => !ofThePage.includes(name)))
    assert.equal(page.statusCode, 503)
    assert.deepEqual(shared(page.headers), shared(json.headers))
    assert.deepEqual(shared(page.headers), {
      'x-frame-options': 'DENY',
      'x-raw': 'kept',
      'x-sent': 'yes',
      'retry-after': '7',
      connection: 'keep-alive',
    })
    assert.match(page.body, /503 Service Unavailable/)
    assert.equal(json.headers['content-security-policy'], policy)
    const nonce = /'nonce-([^']+)'/.exec(String(page.headers['content-security-policy']))?.[1]
    const nonces = [...page.body.matchAll(/<script[^>]*>/g)].map(([tag]) => tag.includes(`nonce="${nonce}"`))
    assert.ok(nonces.length > 3 && nonces.every(Boolean), 'every script has the nonce of the policy')
  })

  it('is not sent for HEAD, whose headers tell of it', async (t) => {
    const { app, get } = throwing(t, new Error('shown'))
    const head = await app.inject({ method: 'HEAD', url: '/x', headers: BROWSER })
    const page = await get(BROWSER)
    assert.equal(head.statusCode, 500)
    assert.equal(head.body, '')
    assert.equal(head.headers['content-type'], HTML_TYPE)
    // the page names the method
    assert.equal(head.headers['content-length'], String(page.body.length + 'HEAD'.length - 'GET'.length))
  })

  for (const [name, value] of [...hostileValues(), ['nothing at all', undefined] as const]) {
    it(`is made for ${name}`, async (t) => {
      const { get, troubleLines } = throwing(t, value)
      const answer = await get(BROWSER)
      assert.equal(answer.statusCode, 500)
      assert.equal(answer.headers['content-type'], HTML_TYPE)
      assert.ok(answer.body.length < 500_000)
      assert.equal(troubleLines().length, 1, 'the line of the fault, and no other')
    })
  }

  it('is sent for an error that escaped, and before the process leaves', async (t) => {
    const child = await startFixture(t, 'page')
    const escaped = await child.ask('/escape', { headers: BROWSER })
    assert.equal(escaped.status, 500)
    assert.equal(escaped.headers['content-type'], HTML_TYPE)
    assert.equal(escaped.headers['x-of-the-success'], undefined)
    assert.match(escaped.body, /thrown by a timer/)
    const fatal = await child.ask('/fatal', { headers: BROWSER })
    assert.equal(fatal.status, 500)
    assert.match(fatal.body, /the ledger does not add up/)
    assert.match(fatal.body, /<\/html>\s*$/)
    assert.deepEqual(await child.exited, [70, null])
  })
})
